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
