# Les options, les commandes d'administration et les fautes d'une configuration.

## Les options de chat-tui et son fichier de configuration.

cli-tui-about = Une messagerie privée dans le terminal. Sans option, elle parle à votre propre serveur sur cet ordinateur, et le démarre s'il ne tourne pas.
cli-tui-usage = Usage :
cli-tui-options = Options :
cli-tui-commands = Pour les scripts :
cli-tui-arguments = Arguments :
cli-tui-send = Dire quelque chose, et attendre que le serveur l'ait pour de bon
cli-tui-tail = Écrire ce qui a été dit en dernier
cli-tui-value-target = CIBLE
cli-tui-value-text = TEXTE
cli-tui-value-id = ID
cli-tui-target = Le salon, la personne ou le correspondant du serveur
cli-tui-create = Créer le salon quand il n'y en a pas de ce nom
cli-tui-text = Ce qu'il faut dire ; '-' ou rien : chaque ligne de l'entrée standard, un message chacune
cli-tui-id = Envoyé une seule fois sous ce nom, même si la commande est répétée dans la semaine : un mot d'au plus 40 caractères
cli-tui-lines = Combien de messages : { $count }, au plus { $maximum }
cli-tui-follow = Continuer avec ce qui se dit ensuite, jusqu'à un signal ou la fin de qui lit
cli-tui-send-more = La connexion se fait avec ce que chat-tui a retenu : connectez-vous là une fois avec chat-tui. Si vous n'êtes pas encore dans le salon, vous y entrez ; un salon qui n'existe pas est refusé, sauf avec --create.

    {"  "}chat-tui send '#general' Sauvegarde faite
    {"  "}make 2>&1 | chat-tui send Romain -
cli-tui-tail-more = La connexion se fait avec ce que chat-tui a retenu : connectez-vous là une fois avec chat-tui. Chaque ligne d'un message s'écrit 'jj/mm/aaaa hh:mm:ss nom: texte', sans caractères de contrôle. Rien ne compte comme lu.

    {"  "}chat-tui tail '#general' --lines 100 --follow | grep -i deploy
cli-tui-errand-codes = Codes de sortie : 0 fait ; 1 la sortie a échoué ; 2 option ou fichier erroné ; 3 serveur injoignable, ou aucune connexion retenue ; 4 le serveur a refusé, ou le salon n'existe pas ; 5 envoyé sans confirmation : c'est peut-être arrivé.
cli-tui-value-server = HÔTE[:PORT]
cli-tui-value-name = NOM
cli-tui-value-lang = LANGUE
cli-tui-value-file = FICHIER
cli-tui-server = Le serveur. TLS sur le port 6697 sauf si le port est 6667 ; irc://HÔTE pour du texte clair ; un chemin pour une socket Unix. Un serveur local ne le remplace jamais
cli-tui-name = Le compte avec lequel se connecter
cli-tui-no-spawn = Ne pas démarrer de serveur local s'il n'en tourne aucun
cli-tui-plain = Sans plein écran : une ligne par message, l'entrée standard est la saisie. Pour lecteurs d'écran et tubes
cli-tui-print-config = Écrire le fichier de configuration, avec chaque réglage et sa valeur par défaut
cli-tui-allow-plain-text = Accepter des connexions non chiffrées vers d'autres ordinateurs : chacun sur le chemin peut lire
cli-tui-lang = La langue : en ou fr
cli-tui-config = Le fichier de configuration
cli-tui-log = Écrire un journal du programme dans ce fichier ; il ne contient ni messages ni mots de passe
cli-tui-version = Afficher la version
cli-tui-help = Afficher cette aide
cli-tui-more = Exemples :
    {"  "}chat-tui                                votre propre serveur, démarré s'il ne tourne pas
    {"  "}chat-tui --server chat.example.org       le serveur de quelqu'un, chiffré
    {"  "}chat-tui --server 127.0.0.1:6667         un serveur sur cet ordinateur
    {"  "}chat-tui --plain < questions.txt         ligne par ligne, dans un tube
    {"  "}chat-tui send '#general' Sauvegarde faite  un message, pour les scripts

    Touches : F1 les montre toutes. Ctrl-C quitte, de même qu'une ligne qui ne dit que : bye

    Fichiers :
    {"  "}~/.config/chat-tui/config.toml           les réglages : chat-tui --print-config les montre
    {"  "}~/.local/share/chat-tui/                 identifiants, certificats, serveur local
    {"  "}~/.local/state/chat-tui/                 journal du serveur local

    Environnement : CHAT_TUI_SERVER, CHAT_TUI_NAME, CHAT_TUI_LANG, CHAT_TUI_CONFIG, CHAT_TUI_LOG,
    CHAT_TUI_NO_SPAWN remplacent les options ; NO_COLOR ôte les couleurs ; XDG_* déplacent les fichiers.

    Codes de sortie : 0 quitté, ou arrêté par un signal ; 1 échec ; 2 option ou fichier erroné.
