# Le client dans le terminal autour des conversations : son serveur local, ses fichiers, son écran.

## Le serveur local.

local-server-forbidden = Aucun serveur local ne tourne sur cette machine, et --no-spawn interdit d'en démarrer un.
local-server-impossible = Aucun serveur local ne tourne sur cette machine, et ce programme a été construit sans lui. Indiquez un serveur : --server HÔTE:PORT
local-server-failed = Le serveur local n'a pas démarré : { $reason } (son journal : { $log })
local-server-late = il n'écoute pas encore

## Les fichiers.

store-unreadable = { $path } est illisible ({ $reason }) : son contenu n'est pas utilisé.
store-busy = Le disque est trop lent : une modification n'a pas été enregistrée.
