//! What is kept of log-ins: their secrets in the keyring where that is possible, everything else in a file.

use std::future::Future;

use super::rows::{LOGIN_HEAD, LoginFile, LoginRow};
use super::{Store, StoreError};
use crate::client::event::{Kept, KeyringFault, Login};
use crate::client::keyring::Item;

impl Item {
    /// The one of a log-in.
    fn of(login: &Login) -> Self {
        Self { server: login.server.clone(), account: login.account.clone() }
    }
}

impl Store {
    /// Keeps a log-in in place of the one before for the same server. A keyring that does not take the secret is no fault: then the
    /// file has it.
    pub(super) fn remember(&self, login: &Login) -> Result<(), StoreError> {
        let mut login = login.clone();
        if let Kept::Here(kind, secret) = &login.kept
            && self.keyring.is_there()
        {
            match wait(self.keyring.keep(&Item::of(&login), secret)) {
                Ok(()) => login.kept = Kept::InKeyring(*kind),
                Err(fault) => tracing::debug!(?fault, "the keyring has not taken a secret; the file has it"),
            }
        }
        let replaced = self.replace_login(&login.server, Some(&login))?;
        let is_left_over = |before: &Login| {
            let is_used = login.kept.is_in_keyring() && before.account == login.account;
            before.kept.is_in_keyring() && !is_used
        };
        for before in replaced.iter().filter(|before| is_left_over(before)) {
            if let Err(fault) = wait(self.keyring.forget(&Item::of(before))) {
                tracing::debug!(?fault, "the keyring still has a secret that is used no longer");
            }
        }
        Ok(())
    }

    /// Drops the log-in for a server, and its secret in the keyring.
    pub(super) fn forget(&self, server: &str) -> Result<(), StoreError> {
        let dropped = self.replace_login(server, None)?;
        for login in dropped.iter().filter(|login| login.kept.is_in_keyring()) {
            let server = server.to_owned();
            wait(self.keyring.forget(&Item::of(login))).map_err(|fault| StoreError::Keyring { server, fault })?;
        }
        Ok(())
    }

    /// Takes the rows of a server out of the file, and puts one in. Returns those that were there.
    fn replace_login(&self, server: &str, login: Option<&Login>) -> Result<Vec<Login>, StoreError> {
        let _lock = self.lock()?;
        let path = self.logins_path();
        let mut file: LoginFile = self.read_or_set_aside(&path)?;
        let (of_server, mut rows): (Vec<_>, Vec<_>) = file.logins.into_iter().partition(|row| row.server == server);
        rows.splice(0..0, login.map(LoginRow::of));
        file.logins = rows;
        self.write(&path, LOGIN_HEAD, &file)?;
        Ok(of_server.into_iter().map(LoginRow::into_login).collect())
    }
}

impl Kept {
    fn is_in_keyring(&self) -> bool {
        matches!(self, Self::InKeyring(_) | Self::Withheld(_))
    }
}

/// Waits for the keyring, which bounds its answers itself. The little runtime takes everything along that the question needed.
fn wait<T>(answer: impl Future<Output = Result<T, KeyringFault>>) -> Result<T, KeyringFault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| KeyringFault::Other(error.to_string()))?;
    let answer = runtime.block_on(answer);
    runtime.shutdown_background();
    answer
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::client::event::SecretKind;
    use crate::client::keyring::{Answer, Keyring};
    use crate::client::store::Order;
    use crate::ground::paths::Directories;
    use crate::proto::secret::Secret;

    /// A keyring in memory, which may have a fault.
    #[derive(Debug, Default)]
    struct Drawer {
        items: Mutex<BTreeMap<Item, Secret>>,
        fault: Mutex<Option<KeyringFault>>,
    }

    impl Drawer {
        fn answer<T: Send + 'static>(&self, answer: impl FnOnce(&mut BTreeMap<Item, Secret>) -> T) -> Answer<T> {
            let answer = match self.fault.lock().unwrap().clone() {
                Some(fault) => Err(fault),
                None => Ok(answer(&mut self.items.lock().unwrap())),
            };
            Box::pin(std::future::ready(answer))
        }

        fn secrets(&self) -> Vec<String> {
            let items = self.items.lock().unwrap();
            items
                .iter()
                .map(|(item, secret)| format!("{}/{}: {}", item.server, item.account, secret.expose()))
                .collect()
        }
    }

    impl Keyring for Drawer {
        fn is_there(&self) -> bool {
            true
        }

        fn find(&self, item: &Item, _: bool) -> Answer<Option<Secret>> {
            self.answer(|items| items.get(item).cloned())
        }

        fn keep(&self, item: &Item, secret: &Secret) -> Answer<()> {
            self.answer(|items| _ = items.insert(item.clone(), secret.clone()))
        }

        fn forget(&self, item: &Item) -> Answer<()> {
            self.answer(|items| _ = items.remove(item))
        }
    }

    fn store(root: &Path) -> (Store, Arc<Drawer>) {
        let drawer = Arc::new(Drawer::default());
        (Store::new(&Directories::under(root), drawer.clone()), drawer)
    }

    fn login(account: &str, kept: Kept) -> Login {
        Login { server: "local".into(), account: account.into(), kept }
    }

    fn token(text: &str) -> Kept {
        Kept::Here(SecretKind::Token, Secret::new(text))
    }

    fn file(store: &Store) -> String {
        std::fs::read_to_string(store.logins_path()).unwrap()
    }

    #[test]
    fn a_secret_is_in_the_keyring_and_not_in_the_file() {
        let root = tempfile::tempdir().unwrap();
        let (store, drawer) = store(root.path());
        store.apply(&Order::Remember(login("ann", token("one")))).unwrap();
        assert_eq!(store.load().0.logins, [login("ann", Kept::InKeyring(SecretKind::Token))]);
        assert!(!file(&store).contains("one") && file(&store).contains("keyring = \"token\""), "{}", file(&store));
        assert_eq!(drawer.secrets(), ["local/ann: one"]);
        // Another one takes its place; somebody else's, too.
        let password = Kept::Here(SecretKind::Password, Secret::new("two"));
        store.apply(&Order::Remember(login("ann", password))).unwrap();
        assert_eq!(drawer.secrets(), ["local/ann: two"]);
        store.apply(&Order::Remember(login("bob", token("three")))).unwrap();
        assert_eq!(drawer.secrets(), ["local/bob: three"]);
        assert_eq!(store.load().0.logins, [login("bob", Kept::InKeyring(SecretKind::Token))]);
        store.apply(&Order::Forget("local".into())).unwrap();
        assert!(drawer.secrets().is_empty() && store.load().0.logins.is_empty());
    }

    #[test]
    fn the_file_has_what_the_keyring_does_not_take() {
        let root = tempfile::tempdir().unwrap();
        let (store, drawer) = store(root.path());
        for fault in [KeyringFault::Unreachable, KeyringFault::Locked, KeyringFault::Late] {
            *drawer.fault.lock().unwrap() = Some(fault);
            let password = Kept::Here(SecretKind::Password, Secret::new("secret"));
            for kept in [token("one"), password, Kept::Nothing] {
                store.apply(&Order::Remember(login("ann", kept.clone()))).unwrap();
                assert_eq!(store.load().0.logins, [login("ann", kept)]);
            }
        }
        assert!(!file(&store).contains("secret"), "a no leaves the name alone: {}", file(&store));
    }

    #[test]
    fn what_the_keyring_does_not_give_up_is_told() {
        let root = tempfile::tempdir().unwrap();
        let (store, drawer) = store(root.path());
        store.apply(&Order::Remember(login("ann", token("one")))).unwrap();
        *drawer.fault.lock().unwrap() = Some(KeyringFault::Locked);
        let told = store.apply(&Order::Forget("local".into()));
        assert!(matches!(told, Err(StoreError::Keyring { fault: KeyringFault::Locked, .. })), "{told:?}");
        assert!(store.load().0.logins.is_empty(), "it is not logged in by any longer");
    }

    #[test]
    fn files_of_earlier_versions_are_understood() {
        let root = tempfile::tempdir().unwrap();
        let (store, _) = store(root.path());
        store.apply(&Order::Forget("other".into())).unwrap();
        let before = "[[login]]\nserver = \"local\"\naccount = \"ann\"\ntoken = \"ctd1_x\"\n";
        std::fs::write(store.logins_path(), before).unwrap();
        assert_eq!(store.load().0.logins, [login("ann", token("ctd1_x"))]);
    }
}
