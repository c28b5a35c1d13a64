# Touches et commandes, telles que F1 et /help les montrent.
