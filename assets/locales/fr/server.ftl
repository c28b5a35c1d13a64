# Ce que le serveur dit aux personnes : avis, refus, et les lignes de sa propre console.

server-greeting = la connexion est bien établie
server-recorded = Enregistré ici : chaque message, sa date, votre adresse IP et votre port.

## Les lignes du serveur pour son opérateur.

server-log-date = date = { $date }
server-log-started = le serveur est démarré...
server-log-connection = Connection from: ({ $address }, { $port })
server-log-name-right = l'identifiant est correct
server-log-password-right = le mot de passe est correcte
server-log-address-right = l'adresse ip est correcte
server-log-refused = la connexion est refusée pour { $name }
