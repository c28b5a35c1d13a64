# The line mode (`chat-tui --plain`): one question, one answer, one line a message.

plain-remembered = Logging in to { $server } as { $name }, by what is remembered here. Another account: --name NAME
plain-register-question = Do you want to register? Type 'yes' or 'no'
# The answers that count as yes and as no, separated by blanks.
plain-answers-yes = yes y oui o
plain-answers-no = no n non
plain-answer-unknown = Please type 'yes' or 'no'.
plain-register-title = Registration of a client account
plain-register-name = write your name:
plain-register-password = write your password:
plain-register-invitation = write the code of your invitation:
plain-login-title = log in with your name and password
plain-login-name = Your name ->
plain-login-password = Your password ->
plain-server-says = The server: { $text }
plain-client-says = The client: { $text }
plain-person-says = { $name }: { $text }
plain-person-does = * { $name } { $text }
plain-answer = Yes or no?
plain-connected = the connection is established
plain-connected-again = the connection is established again
plain-talks-to = What you type now goes to { $name }.
plain-not-sent = { $count ->
    [one] { $count } message could not be sent.
   *[other] { $count } messages could not be sent.
}

## An errand for a script (`chat-tui send`, `chat-tui tail`).

errand-no-login = no log-in is remembered for { $server }. Log in there once with chat-tui
errand-no-channel = there is no channel { $channel }. With --create it is made
errand-no-answer = the server does not answer
errand-unreachable = Nothing was done: { $reason }
errand-refused = Refused: { $reason }
errand-unknown = It was sent, but the server has not confirmed it: it may have arrived.
errand-unknown-again = It was sent, but the server has not confirmed it: it may have arrived. The same command with '--id { $id }' says it once, whatever has happened.
