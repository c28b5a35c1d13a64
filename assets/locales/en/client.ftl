# The conversations: panes, status line, dialogues, what happened to a message or to the connection.
