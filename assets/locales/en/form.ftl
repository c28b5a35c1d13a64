# The form: tabs, fields, faults beside a field.

form-recorded = Recorded on the server: your messages, their date, your IP address and your port.
form-recorded-elsewhere = If it is a chat-server, it records your messages, their date, your IP address and your port.
form-tab-register = Register
form-tab-login = Log in
form-field-server = Server
form-field-name = Name
form-field-password = Password
form-field-password-again = Password again
form-field-invitation = Invitation

## Faults.

form-error-server-host = This is not the name of a server. Written so: HOST or HOST:PORT; empty means this computer.
form-error-server-port = What stands behind the colon must be a port: a number from 1 to 65535.
form-error-server-plain-text = On this port the connection would not be encrypted. If that is meant, write irc:// before the name.
form-error-name-empty = Choose a name.
form-error-name-long = The name is too long.
form-error-name-characters = The name has a character that names cannot have, such as a blank.
form-error-name-refused = The server does not accept this name: { $reason }
form-error-name-in-use = This name is taken. If it is yours, log in; else choose another.
form-error-invitation-required = One needs an invitation to register here: give the code that you were given.
form-error-invitation-invalid = This code does not count: it is unknown, has run out, or was used already.
form-error-password-empty = The password is missing.
form-error-password-again = The two passwords are not the same.
form-error-too-long = This is too long: its end is missing here.
form-error-password-weak = The server does not accept this password: { $reason }
form-error-login = Wrong name, wrong password, or an address that is not known for this account.
form-error-token = This device's log-in is not accepted any more. Log in with the password.
form-error-kept-password = The password that was kept on this device is not accepted any more, and is forgotten. Log in with the new one.
form-error-suspended = This account is suspended: { $reason }
form-error-needs-secure = The server takes passwords over an encrypted connection only.
form-error-unavailable = Accounts are temporarily unavailable on this server. Try again later.
form-error-no-registration = Accounts cannot be made here. { $reason }
form-error-needs-verification = The account is made, but has to be confirmed elsewhere: { $reason }
form-error-no-login = This server knows no accounts. Without a password you come in as a guest.
form-error-account-required = This server lets nobody in without an account: give its password, or register.
form-error-server-unproven = The server could not prove that it knows your account. It may not be the one it says it is.
form-error-login-timeout = The server does not finish the log-in. Try again later.
form-error-other = The server says: { $reason }
