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

## Refus et avis.

server-account-required = Il faut un compte ici. Connectez-vous par SASL, ou donnez nom:mot-de-passe comme mot de passe de connexion, ou inscrivez-vous par REGISTER.
server-account-suspended = Ce compte est suspendu. { $reason }
server-accounts-unavailable = Les comptes sont momentanément indisponibles : la base de données ne répond pas. Réessayez dans un instant.
server-account-just-changed = Ce qui prouve qui vous êtes vient de changer à l’instant. Connectez-vous encore une fois.
server-address-allowed = Votre mot de passe est désormais accepté depuis { $address }.
server-address-refused = Quelqu'un a donné votre mot de passe depuis l'adresse inconnue { $address }. Si c'était vous, autorisez cette adresse.
server-address-refused-answer = Quelqu'un a donné votre mot de passe depuis l'adresse inconnue { $address }. Si c'était vous, répondez : autoriser { $address } { $code }
server-address-too-many = On ne peut plus autoriser d'adresse pour votre compte. Demandez à l'opérateur de les revoir.
server-address-wrong-code = L'adresse { $address } n'a pas été autorisée : le code n'est pas le bon.
server-invalid-idempotency-id = L'identifiant du message est vide ou dépasse 64 octets.
server-invalid-nul = La ligne contient un octet NUL, qu'aucun message ne peut contenir.
server-invalid-realname = Le nom réel est vide ou trop long.
server-invalid-utf8 = La ligne n'est pas en UTF-8 valide. Seul l'UTF-8 est compris ici.
server-password-unacceptable = Ce mot de passe est trop long, ou contient un caractère interdit.
server-password-weak = Ce mot de passe est trop court : au moins { $least } caractères.
server-secure-connection-required = Les mots de passe ne sont pas acceptés sur cette connexion, car d'autres pourraient les lire. Connectez-vous en TLS.
server-stopping = Le serveur s'arrête.
server-temporarily-unavailable = Le message ne peut pas être enregistré pour le moment. Réessayez plus tard.
server-too-many-attempts = Trop de tentatives depuis votre adresse. Réessayez dans { $seconds } secondes.
server-too-many-sessions = Trop de sessions de ce compte sont déjà ouvertes.
server-account-deleted = Ce compte a été supprimé.
server-account-done = C'est fait pour { $name }.
server-account-exists = Le nom { $name } est pris. Choisissez-en un autre.
server-already-authenticated = Vous êtes déjà connecté.
server-bad-account-name = Ce ne peut pas être le nom d'un compte : il est trop long, contient un caractère interdit, ou est réservé.
server-ban-bad-duration = Un bannissement dure par exemple 30m, 12h, 7d ou 1d12h ; 0 : pour toujours.
server-ban-bad-target = Ce n'est ni un compte, ni un réseau, ni un masque : account:ann, 192.0.2.0/24, *!*@hôte.
server-ban-everybody = Cela viserait tout le monde.
server-ban-too-many = Il y a trop de bannissements. Levez-en d'abord.
server-ban-unknown = Il n'y a pas de tel bannissement.
server-invitation-required = Il faut ici une invitation pour un compte. Donnez son code à la place de l'adresse électronique : REGISTER compte code mot-de-passe.
server-invitation-invalid = Ce code d'invitation n'est pas valable : il est inconnu, a expiré ou a déjà servi.
server-invitation-made = Transmettez ce code : il n'est montré qu'une fois, et un seul compte peut être créé avec lui.
server-invitation-unknown = Cette invitation n'existe pas, ou elle a déjà servi.
server-invitation-too-many = Trop d'invitations attendent de servir : révoquez-en.
server-end-of-invitations = Fin de la liste.
server-end-of-inspection = C'est tout.
server-registration-closed = Ici, les comptes sont créés par les opérateurs. Demandez-leur-en un.
server-banned = Vous êtes banni de ce serveur. { $reason }
server-banned-until = Vous êtes banni de ce serveur jusqu'au { $until }. { $reason }
server-end-of-bans = Fin des bannissements.
server-muted = Vous pouvez lire ici, mais pas écrire. Les opérateurs du serveur vous diront pourquoi. { $reason }
server-muted-until = Vous pouvez lire ici, mais pas écrire avant le { $until }. Les opérateurs du serveur vous diront pourquoi. { $reason }
server-filtered = Ce message n’est pas souhaité ici. Les opérateurs du serveur vous diront pourquoi.
server-slow-mode = Ce salon est en mode lent : vous pourrez écrire de nouveau dans { $seconds ->
    [one] une seconde
   *[other] { $seconds } secondes
}.
server-bad-address = { $address } n'est pas une adresse IP.
server-device-account-required = Les appareils appartiennent à un compte. Connectez-vous d'abord.
server-device-revoked = Le jeton de cet appareil a été révoqué. Connectez-vous avec le mot de passe.
server-end-of-accounts = Fin des comptes.
server-end-of-channels = Fin des salons.
server-channel-dropped = Ce salon a été fermé.
server-end-of-devices = Fin des appareils.
server-need-nick = Dites d'abord par NICK qui vous voulez être.
server-need-privileges = Seul un opérateur peut faire cela.
server-nothing-to-verify = Les comptes ne demandent pas de vérification ici.
server-password-changed = Le mot de passe de ce compte a été changé. Connectez-vous avec le nouveau.
server-notice-logged-in = { $name } s’est connecté depuis { $address } ({ $by }).
server-notice-login-refused = Une connexion au nom de { $name } depuis { $address } a été refusée.
server-notice-oper-refused = Quelqu’un a tenté depuis { $address } de devenir l’opérateur { $name }.
server-notice-filter-refused = Le filtre { $filter } a refusé un message de { $name } à { $target }.
server-notice-filter-would-refuse = Le filtre { $filter } aurait refusé un message de { $name } à { $target } (essai à blanc).
server-notice-filter-noticed = Le filtre { $filter } vise un message de { $name } à { $target }.
server-notice-report = { $name } signale un message de { $author } dans { $target } ({ $msgid }).
server-notice-report-because = { $name } signale un message de { $author } dans { $target } ({ $msgid }) : { $reason }
server-notice-operator-acted = L’opérateur { $operator } a fait ceci : { $what }
server-notice-registered = { $name } s’est inscrit depuis { $address }.
server-notice-spooling = La base de données ne répond pas : les messages passent par le tampon sur disque.
server-notice-spool-empty = Tout ce qui attendait dans le tampon sur disque est dans la base de données.
server-rehash-done = Les réglages ont été relus et valent dès maintenant.
server-rehash-faulty = Les réglages sont fautifs et restent ce qu’ils étaient : { $fault }
server-rehash-needs-restart = Ceux-ci ont changé aussi, et vaudront au prochain démarrage : { $keys }
server-registered = Le compte { $name } est inscrit, et vous êtes connecté.
server-too-many-devices = Vous avez trop d'appareils. Révoquez-en un d'abord.
server-too-many-registrations = Trop d'inscriptions sur cette connexion.
server-unknown-account = Il n'y a pas de compte { $name }.
server-unknown-device = Vous n'avez pas cet appareil.
server-unknown-subcommand = Cette sous-commande est inconnue.
server-confusable-name = { $name } ressemble trop au nom de quelqu’un d’autre. Choisissez-en un autre.
server-connection-password-required = Ce serveur a un mot de passe. Donnez-le d’abord par PASS.
server-log-in-first = Connectez-vous ou inscrivez-vous d’abord : /msg NickServ HELP dit comment.
server-services-welcome = Vous êtes dans la salle d’attente : inscrivez-vous ou connectez-vous dans les { $minutes } minutes. Ce que vous m’écrivez n’est pas enregistré.
server-services-order = { $syntax } : { $meaning }
server-services-help-register = crée un compte à votre pseudo.
server-services-help-identify = vous connecte.
server-services-help-set-password = donne un autre mot de passe à votre compte.
server-services-help-sessions = dit où vous êtes connecté.
server-services-help-help = dit ceci.
server-services-identified = Vous êtes connecté.
server-services-log-in-first = Connectez-vous d’abord.
server-services-password-set = Votre mot de passe est changé. Toutes les autres sessions sont terminées, et les jetons de vos autres appareils sont révoqués.
server-services-refused = Le nom, le mot de passe ou l’adresse est faux.
server-services-session = { $address }, depuis { $since }.
server-services-session-this = { $address }, depuis { $since } : cette session.
server-services-syntax = Cela s’écrit : { $syntax }
server-services-unknown = Cet ordre est inconnu. HELP donne la liste des ordres.
server-missing-parameters = Il manque des paramètres.
server-invalid-parameters = Cela ne peut pas être compris.
server-redact-invalid-target = Vous ne pouvez pas retirer de messages ici.
server-redact-forbidden = Vous ne pouvez pas retirer ce message.
server-redact-expired = Ce message est trop ancien pour être retiré.
server-redact-unknown = Ce message n'existe pas, ou il est déjà retiré.

# REPORT
server-report-done = Les opérateurs de ce serveur ont été avertis. Merci.
server-report-unknown = Ce message n’y est pas, ou il a été retiré.
server-report-too-many = Vous avez fait beaucoup de signalements : vous pourrez en faire un autre dans { $seconds } secondes.
server-read-marker-not-set = Le repère de lecture ne peut pas être enregistré pour le moment.
server-rename-impossible = Le salon ne peut pas porter ce nom.
server-rename-taken = Il y a déjà un salon de ce nom.
server-metadata-invalid-target = Il n'y a ni personne ni salon de ce nom.
server-metadata-key-invalid = Ce n'est pas une clé : des lettres, des chiffres, et _ . / : - entre eux.
server-metadata-members-only = Seuls les membres de ce salon lisent ce qui est dit de lui.
server-metadata-no-permission = Vous ne pouvez pas changer cela.
server-metadata-key-not-set = Cette clé n'a pas de valeur.
server-metadata-value-invalid = Cette valeur est trop longue.
server-metadata-limit-reached = Il y a déjà trop de clés.
server-metadata-too-many-subs = Vous êtes abonné à trop de clés.
server-search-failed = La recherche ne peut pas être faite pour le moment.
server-multiline-invalid = Ce n'est pas un message de plusieurs lignes.
server-multiline-invalid-target = Toutes les lignes d'un message ont le même destinataire.
server-multiline-max-bytes = Le message dépasse { $most } octets.
server-multiline-max-lines = Le message dépasse { $most } lignes.
server-missed = Ce qui s'est dit pendant votre absence, aux heures UTC :
server-missed-more = Il s'est dit davantage : les { $most } derniers messages de chaque conversation sont montrés.
server-missed-unavailable = Ce qui s'est dit pendant votre absence ne peut pas être montré pour le moment.
server-playback-syntax = Cela s'écrit : PLAY <noms> [<de> [<à>]], LIST [<noms>], CLEAR <noms>
server-no-certificate = Vous n'avez montré aucun certificat TLS sur cette connexion.
server-certificate-in-use = Ce certificat est déjà lié à un compte.
