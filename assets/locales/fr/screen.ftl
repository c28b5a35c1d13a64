# Le client dans le terminal autour des conversations : son serveur local, ses fichiers, son écran.

## Le serveur local.

local-server-forbidden = Aucun serveur local ne tourne sur cette machine, et --no-spawn interdit d'en démarrer un.
local-server-impossible = Aucun serveur local ne tourne sur cette machine, et ce programme a été construit sans lui. Indiquez un serveur : --server HÔTE:PORT
local-server-failed = Le serveur local n'a pas démarré : { $reason } (son journal : { $log })
local-server-late = il n'écoute pas encore

## Les fichiers.

store-unreadable = { $path } est illisible ({ $reason }) : son contenu n'est pas utilisé.
store-busy = Le disque est trop lent : une modification n'a pas été enregistrée.
store-keyring = Le trousseau a encore la connexion à { $server } : { $reason }.
log-unreadable = Le journal de cet appareil ne peut pas être lu : { $reason }. Remontez pour réessayer.
log-unwritable = Le journal de cet appareil ne peut pas être écrit : { $reason }. Ce qui se dit ne pourra pas être relu plus tard.
log-too-slow = Le disque est trop lent : tout ce qui se dit n'est pas gardé dans le journal de cet appareil.
log-changed = Le journal de cet appareil a été coupé ou remplacé : ce qui se trouvait plus haut n'y est plus.

## Les dates.

date-weekday = { $number ->
    [1] lundi
    [2] mardi
    [3] mercredi
    [4] jeudi
    [5] vendredi
    [6] samedi
   *[other] dimanche
}
date-month = { $number ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[other] décembre
}
date-day = { $weekday } { $day } { $month } { $year }

## La connexion.

status-local-server = serveur local
status-asking-keyring = en attente du trousseau, peut-être à déverrouiller
status-starting-server = démarrage du serveur local
status-resolving = recherche de { $server }
status-opening = connexion à { $server }
status-securing = sécurisation de la connexion à { $server }
status-negotiating = prise de contact avec { $server }
status-registering = inscription
status-authenticating = vérification de l'identifiant
status-welcoming = entrée
status-online-tls = { $server } (chiffré)
status-online-plain = { $server } (non chiffré)
status-lost = pas de connexion, nouvel essai dans { $seconds } s
status-lost-because = pas de connexion, nouvel essai dans { $seconds } s : { $reason }
status-waiting-because = connexion perdue, nouvel essai : { $reason }

## Les messages.

message-failed = non envoyé : { $reason }
message-unknown = connexion coupée avant la réponse : il est peut-être arrivé, ou non
messages-unread-line = nouveau
messages-below = suite plus bas ({ $key })
messages-new-below = { $count ->
    [one] { $count } nouveau plus bas ({ $key })
   *[other] { $count } nouveaux plus bas ({ $key })
}
messages-loading = chargement des messages plus anciens…
messages-unread-above = ↑ nouveaux messages au-dessus ({ $key })
messages-none = Rien n'a encore été dit ici.
messages-gap = il manque des messages ici : défilez, ou Entrée
messages-gap-short = messages manquants
message-withdrawn = retiré par { $name }
message-withdrawn-alone = retiré
message-withdrawn-because = retiré par { $name } : { $reason }
message-answers-older = un message plus ancien
message-answers-withdrawn = un message qui a été retiré

## Autour des messages.

panel-members = { $count ->
    [one] { $count } membre
   *[other] { $count } membres
}
panel-more-members = … { $count } de plus
panel-unread = { $count ->
    [one] { $count } non lu
   *[other] { $count } non lus
}
panel-typing = { $count ->
    [one] { $name } écrit…
    [2] { $name } et une autre personne écrivent…
   *[other] { $name } et d'autres écrivent…
}
panel-waiting = { $count ->
    [one] { $count } message en attente
   *[other] { $count } messages en attente
}
composer-hint = Message à { $name }
composer-hint-commands = Commandes seulement : /help les énumère
composer-replying = ↳ réponse à { $name } ({ $key } : non)

## Listes de choix.

picker-switch = Aller à
picker-command = Tout ce que l'on peut faire
picker-react = Réagir
picker-report = Pourquoi le signaler ?
picker-open = Ouvrir un lien
picker-search-here = Chercher ici
picker-search-everywhere = Chercher partout
picker-switch-hint = un nom ; @ pour les personnes, / pour les commandes, > pour tout le reste
picker-react-hint = un mot, un emoji, ou quelques lettres
picker-report-hint = une raison à vous, ou l'une de celles-ci
picker-operate = Que faire de { $name } ?
picker-confirm = { $what }
picker-confirm-hint = une raison, si vous voulez
picker-sure-hint = Entrée le fait, Échap non
deed-message = parler à { $name }
deed-allow = accepter le mot de passe de { $name } depuis { $address }
deed-mute-account = laisser { $name } lire seulement
deed-mute-address = laisser { $address } lire seulement
deed-kick = retirer { $name } de { $channel }
deed-disconnect = mettre fin aux sessions de { $name }
deed-ban-account = écarter { $name }
deed-ban-address = écarter { $address }
deed-suspend = suspendre le compte { $name }
deed-reset-password = donner un nouveau mot de passe à { $name }
duration-hour = pour une heure
duration-day = pour un jour
duration-week = pour une semaine
duration-month = pour 30 jours
duration-for-ever = pour toujours
operate-title = Panneau des opérateurs
operate-filter-hint = un nom, un compte ou une adresse
operate-people = connexions { $connections } · comptes { $accounts_online } · invités { $sessions_guest } · en cours { $sessions_unwelcomed } · salons { $channels }
operate-queues = en attente : entrées { $mailbox } · lecteurs { $outbox_bytes } (au plus { $outbox_bytes_largest }) · validations { $journal_waiting } · de côté { $spooled }
operate-times = ms (50 / 99 %) : validation { $commit_p50_micros } / { $commit_p99_micros } · base { $query_p50_micros } / { $query_p99_micros } · livraison { $delivery_p50_micros } / { $delivery_p99_micros }
operate-do-it = le faire
operate-stalled = Rien ne peut être validé pour le moment.
operate-spooling = La base est absente : des messages attendent de côté.
operate-sessions = Sessions { $count }
operate-refusals = Refus { $count }
operate-column-name = qui
operate-column-address = d'où
operate-column-kind = comme
operate-column-transport = par
operate-column-idle = inactif
operate-column-queued = non lus
operate-column-since = depuis
operate-column-channels = salons
operate-column-time = quand
operate-column-command = quoi
operate-column-code = pourquoi
operate-kind-account = compte
operate-kind-guest = invité
operate-kind-operator = opérateur
operate-kind-unwelcomed = en cours
operate-tenths = 0,{ $tenths }
operate-seconds = { $count } s
operate-minutes = { $count } min
operate-hours = { $count } h
operate-days = { $count } j
operate-no-panel = Le panneau est pour les opérateurs des serveurs qui l'offrent.
operate-nothing = Il n'y a rien à faire de cette ligne.
operate-password = Le nouveau mot de passe de { $name } : { $password }
operate-password-asked = Un nouveau mot de passe pour { $name } est demandé : { $password }. Il vaut dès que le serveur le dit ; il n'est montré nulle part ailleurs.
picker-hint = tapez pour réduire la liste
picker-search-hint = ce qui a été dit ; Tab : partout ou ici
picker-nothing = Rien ne correspond.

## Le formulaire.

form-server-hint = cet ordinateur
form-guest-hint = vide : en invité
form-invitation-hint = le code que vous avez reçu
form-submit-register = S'inscrire
form-submit-login = Se connecter

## Les dialogues.

help-title = Aide
help-title-commands = Commandes
help-key-suspend = suspendre, comme tâche du shell (fg reprend)
question-address-title = Est-ce vous ?
question-address = Quelqu'un qui a votre mot de passe a tenté de se connecter depuis { $address }, une adresse inconnue ici. La connexion a été refusée.
question-address-advice = Si c'était vous, autorisez l'adresse. Sinon, changez de mot de passe.
question-address-accept = c'était moi : autoriser
question-address-refuse = refuser
question-certificate-title = Certificat inconnu
question-certificate = Aucune autorité publique ne répond de { $server }. Son certificat a cette empreinte (SHA-256) :
question-certificate-advice = Comparez-la avec celle que vous donne l'exploitant du serveur. Une fois acceptée, elle est retenue, et une autre sera refusée.
question-certificate-accept = c'est la même : accepter
question-certificate-refuse = ne pas se connecter
question-keep-title = Garder le mot de passe ?
question-keep = Sur { $server }, seul le mot de passe permet de se connecter. Garder celui de { $name } pour la prochaine fois ?
question-keep-keyring = Il va dans le trousseau du bureau ; si celui-ci ne le prend pas, dans un fichier que vous seul pouvez lire.
question-keep-file = Il va dans un fichier que vous seul pouvez lire.
question-keep-advice = /forget l'enlève de nouveau.
question-keep-accept = le garder
question-keep-refuse = le demander à chaque fois
question-changed-title = Le certificat a changé
question-changed = { $server } montre un autre certificat qu'avant. Quelqu'un écoute peut-être : rien n'a été envoyé.
question-changed-known = Connu jusqu'ici :
question-changed-shown = Montré maintenant :
question-changed-advice = Demandez à l'exploitant. Si le changement est voulu, retirez l'entrée du serveur de certificates.toml dans le dossier de données du client.
question-paste-title = Envoyer ce qui a été collé ?
question-paste = { $lines ->
    [one] Il y a une ligne dans la zone de saisie.
   *[other] Il y a { $lines } lignes dans la zone de saisie.
}
question-paste-messages = { $count ->
    [one] Elles partiraient en un seul message.
   *[other] Elles partiraient en { $count } messages.
}
question-paste-accept = envoyer
question-paste-edit = modifier
question-paste-refuse = jeter
question-resend-title = Renvoyer ?
question-resend = { $count ->
    [one] On ne sait pas si ce message est arrivé. Renvoyé, il risque d'y être deux fois.
   *[other] On ne sait pas si ces { $count } messages sont arrivés. Renvoyés, ils risquent d'y être deux fois.
}
question-resend-accept = renvoyer
question-resend-refuse = non
question-redact-title = Retirer ce message ?
question-redact = Un message de { $name } sera retiré pour tout le monde :
question-redact-advice = C'est définitif. Qui l'a lu peut s'en souvenir, et le registre du serveur le garde.
question-redact-accept = retirer
question-redact-refuse = garder
question-report-title = Signaler ce message ?
question-report = Les opérateurs de ce serveur seront informés d'un message de { $name } :
question-report-reason = Raison : { $reason }
question-report-advice = Ils voient qui le signale. Personne d'autre ne le sait.
question-report-accept = signaler
question-report-refuse = annuler

## Le programme.

run-no-terminal = Le plein écran demande un terminal. Sans terminal : chat-tui --plain
run-failed = Le terminal est inutilisable : { $reason }
run-send-failed = le serveur n'accepte plus de lignes
run-open-failed = { $program } ne peut pas être lancé : { $reason }
