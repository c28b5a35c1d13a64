//! The desktop's keyring (GNOME Keyring, KWallet, KeePassXC …), over the session bus.
//!
//! Each question opens a connection of its own and closes it: between two questions there is no task, no descriptor and nothing
//! that could wake the program up. Secrets cross the bus encrypted.
//!
//! Specification: Secret Service API, <https://specifications.freedesktop.org/secret-service-spec/latest/>.

use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secret_service::{Collection, EncryptionType, Error, SecretService};
use tokio::time::timeout;
use zbus::Address;
use zbus::address::transport::{Transport, Unix, UnixSocket};

use super::{Answer, Item, Keyring, NoKeyring};
use crate::client::event::KeyringFault;
use crate::proto::secret::Secret;

/// How long the keyring may take for what it does without a person. The bus may have to start it first.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long a person may take to unlock it.
const UNLOCK_PATIENCE: Duration = Duration::from_secs(60);
/// What all items of ours have in common.
const APPLICATION: (&str, &str) = ("application", env!("CARGO_PKG_NAME"));
/// What a secret is: text, without a line end.
const CONTENT_TYPE: &str = "text/plain";

/// The keyring on one bus.
#[derive(Clone, Debug)]
pub struct Desktop {
    bus: Address,
}

/// The keyring of the session that the environment names, if it is wanted and there can be one.
pub fn from_environment(is_wanted: bool) -> Arc<dyn Keyring> {
    let bus = if is_wanted { session_bus(|name| std::env::var(name).ok()) } else { None };
    match bus {
        Some(bus) => Arc::new(Desktop { bus }),
        None => Arc::new(NoKeyring),
    }
}

impl Desktop {
    /// The keyring on the bus that listens on this socket.
    pub fn on_bus(socket: PathBuf) -> Self {
        Self { bus: Address::new(Transport::Unix(Unix::new(UnixSocket::File(socket)))) }
    }
}

/// Where the session's bus is. Sockets of this machine count alone: secrets do not go over a network.
fn session_bus(variable: impl Fn(&str) -> Option<String>) -> Option<Address> {
    let variable = |name| variable(name).filter(|value| !value.is_empty());
    if let Some(list) = variable("DBUS_SESSION_BUS_ADDRESS") {
        let addresses = list.split(';').filter_map(|address| address.parse::<Address>().ok());
        return addresses.into_iter().find(|address| matches!(address.transport(), Transport::Unix(_)));
    }
    let socket = PathBuf::from(variable("XDG_RUNTIME_DIR")?).join("bus");
    socket.exists().then(|| Desktop::on_bus(socket).bus)
}

impl Keyring for Desktop {
    fn is_there(&self) -> bool {
        true
    }

    fn find(&self, item: &Item, may_ask: bool) -> Answer<Option<Secret>> {
        Box::pin(find(self.bus.clone(), item.clone(), may_ask))
    }

    fn keep(&self, item: &Item, secret: &Secret) -> Answer<()> {
        Box::pin(promptly(keep(self.bus.clone(), item.clone(), secret.clone())))
    }

    fn forget(&self, item: &Item) -> Answer<()> {
        Box::pin(promptly(forget(self.bus.clone(), item.clone())))
    }
}

/// What is done without a person.
async fn promptly<T>(doing: impl Future<Output = Result<T, Error>>) -> Result<T, KeyringFault> {
    within(PATIENCE, KeyringFault::Late, doing).await
}

async fn within<T>(
    patience: Duration,
    late: KeyringFault,
    doing: impl Future<Output = Result<T, Error>>,
) -> Result<T, KeyringFault> {
    match timeout(patience, doing).await {
        Ok(done) => done.map_err(|error| fault(&error)),
        Err(_) => Err(late),
    }
}

fn fault(error: &Error) -> KeyringFault {
    match error {
        Error::Unavailable | Error::NoResult => KeyringFault::Unreachable,
        Error::Locked | Error::Prompt | Error::PromptDisconnected => KeyringFault::Locked,
        Error::Zbus(error) if is_absence(error) => KeyringFault::Unreachable,
        error => KeyringFault::Other(error.to_string()),
    }
}

/// Whether nobody is there: on the socket, or under the keyring's name on the bus.
fn is_absence(error: &zbus::Error) -> bool {
    match error {
        zbus::Error::InputOutput(_) | zbus::Error::Connection(..) | zbus::Error::Handshake(_) => true,
        zbus::Error::MethodError(name, ..) => {
            name.as_str().starts_with("org.freedesktop.DBus.Error.Spawn.")
                || ["org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner"]
                    .contains(&name.as_str())
        }
        zbus::Error::FDO(error) => {
            matches!(**error, zbus::fdo::Error::ServiceUnknown(_) | zbus::fdo::Error::NameHasNoOwner(_))
        }
        _ => false,
    }
}

async fn open(bus: Address) -> Result<SecretService<'static>, Error> {
    let connection = zbus::connection::Builder::address(bus)?.build().await?;
    SecretService::connect_with_existing(EncryptionType::Dh, connection).await
}

fn attributes(item: &Item) -> HashMap<&str, &str> {
    HashMap::from([APPLICATION, ("server", item.server.as_str()), ("account", item.account.as_str())])
}

async fn find(bus: Address, item: Item, may_ask: bool) -> Result<Option<Secret>, KeyringFault> {
    let service = promptly(open(bus)).await?;
    let found = promptly(service.search_items(attributes(&item))).await?;
    if let Some(unlocked) = found.unlocked.first() {
        return promptly(unlocked.get_secret()).await.and_then(text).map(Some);
    }
    if let Some(locked) = found.locked.first() {
        unlock(may_ask, locked.unlock()).await?;
        return promptly(locked.get_secret()).await.and_then(text).map(Some);
    }
    // Some keep to themselves what they hold while they are locked.
    let collection = match promptly(service.get_default_collection()).await {
        Ok(collection) => collection,
        Err(KeyringFault::Unreachable) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    if !promptly(collection.is_locked()).await? {
        return Ok(None);
    }
    unlock(may_ask, collection.unlock()).await?;
    let found = promptly(service.search_items(attributes(&item))).await?;
    match found.unlocked.first() {
        Some(unlocked) => promptly(unlocked.get_secret()).await.and_then(text).map(Some),
        None => Ok(None),
    }
}

async fn unlock(may_ask: bool, unlocking: impl Future<Output = Result<(), Error>>) -> Result<(), KeyringFault> {
    if !may_ask {
        return Err(KeyringFault::Locked);
    }
    within(UNLOCK_PATIENCE, KeyringFault::Locked, unlocking).await
}

fn text(bytes: Vec<u8>) -> Result<Secret, KeyringFault> {
    String::from_utf8(bytes).map(Secret::new).map_err(|error| KeyringFault::Other(error.utf8_error().to_string()))
}

async fn keep(bus: Address, item: Item, secret: Secret) -> Result<(), Error> {
    let service = open(bus).await?;
    let collection: Collection<'_> = service.get_default_collection().await?;
    collection.ensure_unlocked().await?;
    let label = format!("chat-tui: {} @ {}", item.account, item.server);
    let bytes = secret.expose().as_bytes();
    collection.create_item(&label, attributes(&item), bytes, true, CONTENT_TYPE).await?;
    Ok(())
}

async fn forget(bus: Address, item: Item) -> Result<(), Error> {
    let service = open(bus).await?;
    let found = service.search_items(attributes(&item)).await?;
    for unlocked in &found.unlocked {
        unlocked.delete().await?;
    }
    if found.locked.is_empty() { Ok(()) } else { Err(Error::Locked) }
}

#[cfg(test)]
mod tests {
    use tokio::net::UnixListener;
    use tokio::time::Instant;

    use super::*;

    fn item() -> Item {
        Item { server: "local".into(), account: "ann".into() }
    }

    #[test]
    fn the_bus_is_the_one_that_the_environment_names() {
        let root = tempfile::tempdir().unwrap();
        let bus = |named: Option<&str>| {
            let directory = root.path().to_str().unwrap().to_owned();
            let named = named.map(str::to_owned);
            session_bus(move |name| match name {
                "DBUS_SESSION_BUS_ADDRESS" => named.clone(),
                _ => Some(directory.clone()),
            })
            .map(|bus| bus.to_string())
        };
        assert_eq!(bus(None), None, "nobody has made a bus there");
        let socket = root.path().join("bus");
        std::fs::write(&socket, "").unwrap();
        assert_eq!(bus(None), Some(format!("unix:path={}", socket.display())));
        assert_eq!(bus(Some("unix:path=/a/b,guid=0")), None, "not an address");
        assert_eq!(bus(Some("autolaunch:;unix:path=/a/b")).as_deref(), Some("unix:path=/a/b"));
        for elsewhere in ["tcp:host=bus.example.org,port=1", "unixexec:path=/bin/true", "nonsense"] {
            assert_eq!(bus(Some(elsewhere)), None, "{elsewhere}");
        }
        assert!(session_bus(|_| None).is_none());
    }

    #[tokio::test]
    async fn where_nobody_listens_that_is_known_at_once() {
        let root = tempfile::tempdir().unwrap();
        let desktop = Desktop::on_bus(root.path().join("bus"));
        assert_eq!(desktop.find(&item(), true).await, Err(KeyringFault::Unreachable));
        assert_eq!(desktop.keep(&item(), &Secret::new("x")).await, Err(KeyringFault::Unreachable));
        assert_eq!(desktop.forget(&item()).await, Err(KeyringFault::Unreachable));
        // Somebody who hangs up at once is no bus.
        let listener = UnixListener::bind(root.path().join("bus")).unwrap();
        let hangs_up = async {
            loop {
                drop(listener.accept().await);
            }
        };
        tokio::select! {
            found = desktop.find(&item(), true) => assert_eq!(found, Err(KeyringFault::Unreachable)),
            () = hangs_up => {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_bus_that_says_nothing_is_not_waited_for_for_ever() {
        let root = tempfile::tempdir().unwrap();
        let _listener = UnixListener::bind(root.path().join("bus")).unwrap();
        let begin = Instant::now();
        assert_eq!(Desktop::on_bus(root.path().join("bus")).find(&item(), true).await, Err(KeyringFault::Late));
        assert!(begin.elapsed() < 2 * PATIENCE);
    }
}
