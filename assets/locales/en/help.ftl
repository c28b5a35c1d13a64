# Keys and commands, as F1 and /help show them.

help-title-everywhere = Everywhere
help-title-chat = Conversations
help-title-editing = Writing
help-title-form = The form
help-title-question = Questions
help-title-help = This help

help-key-help = this help
help-key-quit = leave
help-key-send = send
help-key-new-line = begin a new line
help-key-next = next conversation
help-key-previous = conversation before
help-key-nth = first to ninth conversation
help-key-next-unread = next conversation with something new
help-key-last = the conversation shown before
help-key-page-up = one page up
help-key-page-down = one page down
help-key-oldest = oldest message
help-key-newest = newest message
help-key-resend = send what failed again
help-key-history-up = line above, or what was sent before
help-key-history-down = line below, or what was sent after
help-key-left = one character to the left
help-key-right = one character to the right
help-key-word-left = one word to the left
help-key-word-right = one word to the right
help-key-line-start = start of the line; oldest message when nothing is written
help-key-line-end = end of the line; newest message when nothing is written
help-key-backspace = remove the character before
help-key-delete = remove the character after
help-key-kill-word-before = cut the word before
help-key-kill-word-after = cut the word after
help-key-kill-line-start = cut to the start of the line
help-key-kill-line-end = cut to the end of the line
help-key-yank = insert what was cut
help-key-undo = undo
help-key-next-field = next field
help-key-previous-field = field before
help-key-switch-tab = register or log in
help-key-reveal = show or hide the password
help-key-submit = go on
help-key-leave = leave; while connecting: break off
help-key-accept = yes
help-key-refuse = no
help-key-close = close
help-key-scroll-up = scroll up
help-key-scroll-down = scroll down

## The footer: a word each.

footer-help = help
footer-send = send
footer-next = next
footer-scroll = scroll
footer-switch-tab = register/log in
footer-reveal = show password
footer-submit = go on
footer-leave = leave
footer-accept = yes
footer-refuse = no
footer-close = close

## Commands.

help-command-help = keys and commands
help-command-join = come into a channel
help-command-part = leave the channel, or close the conversation
help-command-msg = open a conversation with somebody, and say something
help-command-me = say what you do: * ann waves
help-command-say = say a text as it is: /say bye says bye
help-command-notice = send a notice
help-command-nick = take another name, where the server allows it
help-command-topic = show the topic, or change it
help-command-names = who is here
help-command-whois = who somebody is
help-command-away = say that you are away; without a reason: that you are back
help-command-list = which channels there are
help-command-invite = invite somebody into this channel
help-command-kick = remove somebody from this channel
help-command-history = older messages
help-command-resend = send what failed again
help-command-reconnect = try to connect again at once
help-command-connect = talk to a further server, or again to one that was left
help-command-disconnect = leave this server; once more: close its conversations
help-command-clear = clear this conversation on the screen
help-command-raw = send a line to the server as it is
help-command-quit = leave; so does bye, alone

arguments-channel-key = #channel [key]
arguments-channel-reason = [#channel] [reason]
arguments-target-text = name [text]
arguments-action = what you do
arguments-text = text
arguments-name = name
arguments-name-reason = name [reason]
arguments-topic = [topic]
arguments-reason = [reason]
arguments-server = [host[:port]]
arguments-count = [number]
arguments-line = line
