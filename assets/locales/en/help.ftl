# Keys and commands, as F1 and /help show them.
