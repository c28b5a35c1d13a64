# What the server says to people: notices, refusals, and the lines of its own console.

server-greeting = the connection is well established
server-recorded = Recorded here: every message, its date, your IP address and your port.

## The server's own lines, for its operator.

server-log-date = date = { $date }
server-log-started = the server has started...
server-log-connection = Connection from: ({ $address }, { $port })
server-log-name-right = the name is right
server-log-password-right = the password is right
server-log-address-right = the IP address is right
server-log-refused = the connection is refused for { $name }

## Refusals and notices.

server-account-required = You need an account here. Log in with SASL, or set the connection password to name:password, or register with REGISTER.
server-account-suspended = This account is suspended. { $reason }
server-accounts-unavailable = Accounts are temporarily unavailable: the database does not answer. Try again in a moment.
server-address-allowed = Your password is accepted from { $address } now.
server-address-refused = Somebody gave your password at the unknown address { $address }. If it was you, allow this address.
server-address-refused-answer = Somebody gave your password at the unknown address { $address }. If it was you, answer: allow { $address } { $code }
server-address-too-many = No more addresses can be allowed for your account. Ask the operator to look at them.
server-address-wrong-code = The address { $address } was not allowed: the code is not the right one.
server-invalid-nul = The line holds a NUL byte, which no message may hold.
server-invalid-utf8 = The line is not valid UTF-8. Only UTF-8 is understood here.
server-password-unacceptable = This password is too long, or holds a character that passwords may not have.
server-password-weak = This password is too short.
server-secure-connection-required = Passwords are not accepted on this connection, because others could read along. Connect with TLS.
server-stopping = The server stops.
server-temporarily-unavailable = The message cannot be stored at the moment. Try again later.
server-too-many-sessions = Too many sessions of this account are open already.
