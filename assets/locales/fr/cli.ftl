# Les options, les commandes d'administration et les fautes d'une configuration.

## Les options de chat-tui et son fichier de configuration.

cli-tui-about = Une messagerie privée dans le terminal. Sans option, elle parle à votre propre serveur sur cet ordinateur, et le démarre s'il ne tourne pas.
cli-tui-usage = Usage :
cli-tui-options = Options :
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

    Touches : F1 les montre toutes. Ctrl-C quitte, de même qu'une ligne qui ne dit que : bye

    Fichiers :
    {"  "}~/.config/chat-tui/config.toml           les réglages : chat-tui --print-config les montre
    {"  "}~/.local/share/chat-tui/                 identifiants, certificats, serveur local
    {"  "}~/.local/state/chat-tui/                 journal du serveur local

    Environnement : CHAT_TUI_SERVER, CHAT_TUI_NAME, CHAT_TUI_LANG, CHAT_TUI_CONFIG, CHAT_TUI_LOG,
    CHAT_TUI_NO_SPAWN remplacent les options ; NO_COLOR ôte les couleurs ; XDG_* déplacent les fichiers.

    Codes de sortie : 0 quitté, ou arrêté par un signal ; 1 échec ; 2 option ou fichier erroné.
