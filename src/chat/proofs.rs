//! By what accounts prove who they are, as far as it is cheap to judge: the keys of SCRAM, the digests of devices.
//!
//! After a restart everybody comes back at once, by one of these. So they are in memory like the rest of what is durable, and
//! change with the event that changes them: a log-in is judged in the one order of lines, without a question to the store. Nobody
//! but the hub writes to the record while it is there; what is changed in the tables by hand counts from the next start on. What
//! takes long to judge, the hash of a password, is in the store alone.

use ring::digest::{SHA256, digest};

use super::event::{DeviceId, Digest, Seq};
use crate::proto::sasl::ScramKeys;
use crate::proto::secret::Secret;

/// What a device token begins with.
pub const TOKEN_PREFIX: &str = "ctd1_";

/// What is kept of a device token, which is random enough to need neither salt nor rounds.
pub fn token_digest(token: &Secret) -> Digest {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, token.expose().as_bytes()).as_ref());
    Digest(bytes)
}

/// What one account proves itself by. Small, because everybody has some: a pointer where one is enough, no room kept for more.
#[derive(Debug)]
pub(crate) struct Proofs {
    /// The last event after which what proved who somebody is may prove it no more.
    pub changed_seq: Seq,
    /// The keys of the password; none when it has none that SCRAM can carry.
    pub scram: Option<Box<ScramKeys>>,
    /// The valid devices, oldest first.
    devices: Vec<(DeviceId, Digest)>,
}

impl Proofs {
    /// None yet, as of an event.
    pub fn none(seq: Seq) -> Self {
        Self { changed_seq: seq, scram: None, devices: Vec::new() }
    }

    /// The device that proves itself by what has this digest.
    pub fn device_of(&self, digest: &Digest) -> Option<DeviceId> {
        self.devices.iter().find(|(_, known)| known == digest).map(|(device, _)| *device)
    }

    /// The valid devices with their digests, oldest first.
    pub fn devices(&self) -> &[(DeviceId, Digest)] {
        &self.devices
    }

    /// One device more.
    pub fn add_device(&mut self, device: DeviceId, digest: Digest) {
        self.devices.reserve_exact(1);
        self.devices.push((device, digest));
    }

    /// A device is valid no more.
    pub fn revoke_device(&mut self, device: DeviceId) {
        self.devices.retain(|(known, _)| *known != device);
    }
}
