# The form: tabs, fields, faults beside a field, progress.

form-recorded = Recorded on the server: your messages, their date, your IP address and your port.
form-tab-register = Register
form-tab-login = Log in
form-field-server = Server
form-field-name = Name
form-field-password = Password
form-field-password-again = Password again
