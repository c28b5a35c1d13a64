# Les conversations : ce qui y est arrivé, ce qui est arrivé à un message ou à la connexion.

## Ce qui est arrivé.

chat-joined = { $name } est entré
chat-left = { $name } est parti
chat-left-because = { $name } est parti ({ $reason })
chat-kicked = { $by } a exclu { $name } ({ $reason })
chat-kicked-you = { $by } vous a exclu ({ $reason }), { $name }
chat-quit = { $name } s'est déconnecté
chat-quit-because = { $name } s'est déconnecté ({ $reason })
chat-renamed = { $from } s'appelle maintenant { $to }
chat-renamed-you = Vous vous appelez maintenant { $to } (avant : { $from })
comings-came = { $count ->
    [one] { $names } est entré
   *[other] { $names } sont entrés
}
comings-left = { $count ->
    [one] { $names } est parti
   *[other] { $names } sont partis
}
comings-gone = { $count ->
    [one] { $names } n'est plus là
   *[other] { $names } ne sont plus là
}
comings-passed = { $count ->
    [one] { $names } est passé
   *[other] { $names } sont passés
}
comings-back = { $count ->
    [one] { $names } est parti puis revenu
   *[other] { $names } sont partis puis revenus
}
comings-and-more = { $names } et { $count } autres
chat-channel-renamed = Le salon { $from } s'appelle maintenant { $to }
chat-topic-changed = { $name } a changé le sujet : { $topic }
chat-topic-removed = { $name } a effacé le sujet
chat-modes = { $name } a réglé : { $modes }
chat-names = { $count ->
    [one] { $count } membre : { $names }
   *[other] { $count } membres : { $names }
}
chat-gap = Il manque des messages ici : il s'en est dit trop pendant votre absence.

chat-invited = { $name } vous invite dans { $channel }. /join { $channel } y mène.

## Qui est quelqu'un.

whois-name = { $name } est { $value }
whois-account = { $name } est connecté au compte { $value }
whois-channels = { $name } est dans { $value }
whois-server = { $name } est relié à { $value }
whois-away = { $name } est absent : { $value }
whois-idle = { $name } n'a rien dit depuis { $value } min
whois-address = { $name } vient de l'adresse { $value }
whois-secure = { $name } utilise une connexion sûre
whois-other = { $name } { $value }

## Ce qui n'est pas possible.

chat-takes-no-messages = On ne peut rien écrire dans { $name } pour le moment : vous n'y êtes pas. /join y fait revenir.
chat-too-many-pending = { $maximum } messages attendent déjà d'être envoyés. Le texte reste ici.
chat-unavailable = Le serveur ne peut pas conserver de messages pour le moment. Les vôtres attendent et partiront d'eux-mêmes.
chat-nothing-to-resend = Rien n'a échoué ici : il n'y a rien à renvoyer.
chat-nothing-unread = Il n'y a rien de nouveau ici.
search-gone = Ce message n'est plus là.
mouse-taken = La souris fonctionne de nouveau ici.
mouse-given-back = La souris est au terminal : elle sélectionne et copie comme d'habitude.
chat-not-connected = Il n'y a pas de connexion pour le moment. Les messages l'attendent, les commandes non.
chat-no-conversation = Il n'y a pas de conversation où écrire. /join #salon ou /msg nom en ouvre une.
chat-not-a-channel = Ce n'est pas un salon.
chat-not-in-channel = Vous n'êtes pas dans { $name }. /join { $name } y fait entrer.
chat-still-pending = Des messages attendent encore d'être envoyés ici.
chat-unknown-command = Il n'y a pas de commande /{ $name }. /help les énumère ; deux barres disent un texte qui commence par une barre.
chat-command-not-offered = Ce serveur n'offre pas /{ $name }.
report-reason-none = sans raison
report-reason-spam = publicité indésirable
report-reason-insult = insultes ou harcèlement
report-reason-unlawful = quelque chose d'illégal
report-arrived = ⚑ { $by } signale un message de { $author } dans { $target }.
report-arrived-because = ⚑ { $by } signale un message de { $author } dans { $target } : { $reason }
report-arrived-title = Un message a été signalé
chat-usage = Cela s'écrit ainsi : { $usage }
chat-was-cut = { $count ->
    [one] La ligne était trop longue pour un seul message : elle est partie en { $count } morceau.
   *[other] Ce qui était trop long pour un seul message est parti en { $count } morceaux.
}
chat-nothing-to-complete = Rien à compléter ici.
chat-notify = { $name } vous appelle pour : { $level }
away-idle = inactif
chat-paste-cut = Le texte collé était trop long : sa fin manque.
## Le message choisi.

chosen-nothing = Aucun message n'est choisi.
chosen-no-tags = Ce serveur ne transmet ni réponses ni réactions.
chosen-not-here = On ne peut rien dire ici pour le moment.
chosen-not-a-message = Ce n'est pas possible avec ce qui est choisi.
chosen-no-redaction = Les messages ne peuvent pas être retirés sur ce serveur.
chosen-no-report = Les messages ne peuvent pas être signalés sur ce serveur.
chosen-own = Ce message est de vous.
chosen-not-yours = On ne peut retirer que ses propres messages, ou ceux de tous comme opérateur du salon.
chosen-copied = Copié.
chosen-no-link = Il n'y a pas de lien dedans.
chosen-link-copied = Le lien est copié. Le réglage open_with nomme un programme pour l'ouvrir.

## La connexion.

connect-unknown-host = Il n'y a pas de serveur nommé { $server }.
connect-refused = Aucun serveur de discussion n'écoute à l'adresse { $server }.
connect-timeout = { $server } ne répond pas.
connect-unreachable = { $server } est hors d'atteinte. Le réseau est-il connecté ?
connect-no-tls = Ce qui répond à { $server } ne chiffre pas (pas de TLS). Si c'est voulu, écrivez irc:// devant son nom.
connect-tls = Pas de connexion sûre à { $server } : { $reason }.
connect-other = Pas de connexion à { $server } : { $reason }
connect-silent = le serveur ne répond plus
connect-closed = Le serveur a fermé la connexion.
connect-lost = La connexion a été coupée : { $reason }
connect-closed-at-login = Le serveur a fermé la connexion avant la fin de l'identification.
connect-lost-at-login = La connexion a été coupée avant la fin de l'identification : { $reason }
connect-too-many = Il y a déjà { $maximum } serveurs. /disconnect en quitte un.
connect-needs-form = Aucune connexion n'est mémorisée pour { $server }. Connectez-vous une fois en plein écran.
connect-not-logged-in = Aucune connexion n'est mémorisée pour { $server }. /connect { $server } vous connecte.
connect-left = Vous avez quitté { $server }. /connect { $server } y revient ; /disconnect une fois de plus ferme ses conversations.
connect-log-in-again = { $server } : { $reason } (/connect { $server } reprend la connexion)
connect-certificate = Le certificat du serveur est à vérifier.
connect-certificate-refused = Le certificat du serveur n'a pas été accepté.
connect-certificate-changed = Le certificat du serveur a changé : pas de connexion.
keyring-withheld = La connexion à { $server } est dans le trousseau, et { $reason }. Connectez-vous avec le mot de passe. Avec keyring = false dans la configuration, les connexions sont gardées dans un fichier.
keyring-lost = Le trousseau n'a plus de connexion pour { $server }. Connectez-vous avec le mot de passe.
keyring-unreachable = il n'y en a pas ici
keyring-locked = il est resté verrouillé
keyring-late = il ne répond pas
keyring-other = il dit : { $reason }
logins-none = Aucune connexion n'est gardée pour { $server } sur cet appareil.
logins-forgotten = La connexion à { $server } n'est plus gardée sur cet appareil : le prochain démarrage la demandera.

## Les noms des touches.

key-shift = Maj
key-space = Espace
key-enter = Entrée
key-escape = Échap
key-backspace = Retour arrière
key-delete = Suppr
key-home = Début
key-end = Fin
key-page-up = Page préc.
key-page-down = Page suiv.

## Le fichier de configuration.

config-server = le serveur, écrit HÔTE:PORT ; rien pour celui de cet ordinateur
config-name = l'identifiant avec lequel se connecter
config-language = la langue : en ou fr
config-plain-text = accepter les connexions non chiffrées
config-spawn = démarrer un serveur local quand aucun ne tourne
config-keyring = garder les connexions dans le trousseau du bureau ; avec false, dans un fichier que vous seul pouvez lire
config-typing = dire aux autres que vous écrivez
config-mouse = utiliser la souris ; sans cela, la sélection du terminal fonctionne
config-open-with = ce qui ouvre un lien : "auto" prend celui du bureau, et copie là où il n'y a pas de bureau ; "" copie toujours
config-log = sur les serveurs sans historique, garder ce qui se dit dans des fichiers de cet appareil
config-theme = les couleurs : auto, dark, light, high-contrast, 16 ou none
config-notify = ce pour quoi les conversations vous appellent : all, mentions ou none
config-notify-by = par quoi vous êtes appelé : auto, bell, osc9, osc777, osc99, desktop
config-title = donner un titre à la fenêtre du terminal
config-away-after-minutes = après tant de minutes sans touche, vous êtes absent ; 0 : jamais
config-colors = vos propres couleurs : dim, line, accent, good, warning, error
config-servers = d'autres serveurs, chacun avec address et name
config-keys = les touches : un jeu (preset), et les touches des actions
config-expects-theme = "auto", "dark", "light", "high-contrast", "16" ou "none"
config-expects-level = "all", "mentions" ou "none"
config-expects-ways = une liste de "auto", "bell", "osc9", "osc777", "osc99", "desktop"
config-expects-minutes = un nombre de minutes, 0 ou plus
config-expects-colors = pour chacun de dim, line, accent, good, warning, error : "#rrggbb", un nom ou un nombre jusqu'à 255
config-expects-servers = [[servers]] avec une adresse (address), et un nom (name) si vous voulez
config-line = ligne { $line } : { $fault }
config-read-again = La configuration a été relue.
config-expects-text = un texte entre guillemets
config-expects-bool = true ou false
config-expects-language = une langue : "en" ou "fr"
config-expects-preset = un préréglage : "default" ou "emacs"
config-expects-keys = une touche comme "ctrl-k", "alt-/", "shift-up" ou "f5", ou une liste de touches
config-key-taken = keys : { $key }, voulu par { $other }, est une touche de { $one } : dites quelles touches { $one } a désormais, par exemple { $one } = []
config-same-key = keys : { $key } est voulu par { $one } et par { $other }
config-syntax = il ne se lit pas : { $reason }
config-unknown-key = { $key } : ce réglage n'existe pas
config-bad-value = { $key } : il faut { $expected }

## Ce qu'un serveur refuse, à la place de ses propres mots anglais.

refusal-about = { $context } : { $sentence }
refusal-already-in-channel = Cette personne est déjà dans le salon.
refusal-bad-name = Ce ne peut pas être un nom ici.
refusal-banned = Vous êtes banni de ce salon.
refusal-cannot-speak = Vous ne pouvez pas parler dans ce salon.
refusal-full = Ce salon est complet.
refusal-incomplete = Il manque quelque chose à cette commande.
refusal-invitation-needed = On n'entre dans ce salon que sur invitation.
refusal-key-needed = Ce salon a une clé, qui se met derrière son nom : /join #salon clé
refusal-log-in-needed = On n'entre dans ce salon qu'en étant connecté à un compte.
refusal-moderated = Dans ce salon, il faut avoir la parole pour écrire.
refusal-name-of-account = Ici, le nom de chacun est celui de son compte.
refusal-name-taken = Ce nom est pris.
refusal-no-channel = Ce salon n'existe pas.
refusal-nobody = Il n'y a personne de ce nom.
refusal-not-in-channel = Vous n'êtes pas dans ce salon.
refusal-operators-only = Il faut être opérateur de ce salon.
refusal-server-operators-only = Il faut être opérateur du serveur.
refusal-they-are-not-in-channel = Cette personne n'est pas dans le salon.
refusal-too-many-channels = Vous êtes déjà dans trop de salons.
refusal-unknown-command = Le serveur ne connaît pas cette commande.
