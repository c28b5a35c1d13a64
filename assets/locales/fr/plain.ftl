# Le mode ligne (`chat-tui --plain`) : une question, une réponse, une ligne par message.

plain-remembered = Connexion à { $server } en tant que { $name }, avec ce qui est retenu ici. Un autre compte : --name NOM
plain-register-question = Voulez-vous vous inscrire ? Tapez 'oui' ou 'non'
# Les réponses qui valent oui et non, séparées par des blancs.
plain-answers-yes = oui o yes y
plain-answers-no = non n no
plain-answer-unknown = Tapez 'oui' ou 'non'.
plain-register-title = Inscription compte client
plain-register-name = écrivez votre identifiant :
plain-register-password = écrivez votre mot de passe :
plain-register-invitation = écrivez le code de votre invitation :
plain-login-title = connectez-vous avec vos identifiants
plain-login-name = Votre identifiant ->
plain-login-password = Votre mot de passe ->
plain-server-says = Le serveur: { $text }
plain-client-says = Le client: { $text }
plain-person-says = { $name }: { $text }
plain-person-does = * { $name } { $text }
plain-answer = Oui ou non ?
plain-connected = la connexion est établie
plain-connected-again = la connexion est rétablie
plain-talks-to = Ce que vous tapez maintenant va à { $name }.
plain-not-sent = { $count ->
    [one] { $count } message n'a pas pu être envoyé.
   *[other] { $count } messages n'ont pas pu être envoyés.
}

## Une commande pour un script (`chat-tui send`, `chat-tui tail`).

errand-no-login = aucune connexion n'est retenue pour { $server }. Connectez-vous là une fois avec chat-tui
errand-no-channel = le salon { $channel } n'existe pas. Avec --create, il est créé
errand-no-answer = le serveur ne répond pas
errand-unreachable = Rien n'a été fait : { $reason }
errand-refused = Refusé : { $reason }
errand-unknown = Envoyé, mais sans confirmation du serveur : c'est peut-être arrivé.
errand-unknown-again = Envoyé, mais sans confirmation du serveur : c'est peut-être arrivé. La même commande avec « --id { $id } » le dit une seule fois, quoi qu'il se soit passé.
