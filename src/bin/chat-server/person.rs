//! `chat-server account export` and `chat-server account erase`: what is kept about one person, for that person, and its removal.

use std::io::{self, BufWriter, Write};

use anyhow::{Context, anyhow};
use chat_tui::chat::event::{AccountId, OperatorAct, Seq};
use chat_tui::proto::names::AccountName;
use chat_tui::server::admin;
use chat_tui::server::admin::accounts::AccountCommand;
use chat_tui::server::config::Config;
use chat_tui::server::record;
use chat_tui::store::audit::Audit;
use chat_tui::store::audit::erase::Selection;
use chat_tui::store::audit::export::Filter;
use chat_tui::store::audit::person::{Person, ban_target};

/// Writes all that is kept about a person as one JSON object on standard output, the events one a line.
pub async fn export(config: &Config, name: &str) -> anyhow::Result<()> {
    let audit = record::open_audit(config)?;
    let done = export_from(config, audit.as_ref(), name).await;
    audit.close().await;
    done
}

async fn export_from(config: &Config, audit: &dyn Audit, name: &str) -> anyhow::Result<()> {
    let (_, person) = find(audit, name).await?;
    let account = AccountId(person.account.id);
    let filter = Filter { about: Some(account), until: Some(audit.head().await?.seq), ..Filter::default() };
    admin::note(config, OperatorAct::Exported, format!("all that is kept about account {account}")).await?;
    let mut output = BufWriter::new(io::stdout());
    write(&mut output, audit, &person, &filter).await.context("it cannot be written out")
}

async fn write(output: &mut impl Write, audit: &dyn Audit, person: &Person, filter: &Filter) -> anyhow::Result<()> {
    let head = serde_json::to_string_pretty(person)?;
    let head = head.strip_suffix("\n}").context("an object ends with a brace")?;
    write!(output, "{head},\n  \"events\": [")?;
    let (mut after, mut before) = (Seq(0), "\n");
    loop {
        let rows = audit.export(filter, after).await?;
        let Some(last) = rows.last() else { break };
        after = Seq(last.seq);
        for row in &rows {
            write!(output, "{before}    {}", serde_json::to_string(row)?)?;
            before = ",\n";
        }
    }
    writeln!(output, "\n  ]\n}}")?;
    Ok(output.flush()?)
}

/// Removes an account, and who, where and what from all that it wrote and did and from what is about it.
pub async fn erase(config: &Config, name: &str) -> anyhow::Result<()> {
    let audit = record::open_audit(config)?;
    let done = erase_from(config, audit.as_ref(), name).await;
    audit.close().await;
    done
}

async fn erase_from(config: &Config, audit: &dyn Audit, name: &str) -> anyhow::Result<()> {
    let (name, person) = find(audit, name).await?;
    let account = AccountId(person.account.id);
    if person.account.deleted.is_none() {
        let delete = AccountCommand::Delete { name: name.to_string() };
        admin::run(config.clone(), &delete).await.context("the account cannot be removed")?;
    }
    let selection = Selection { account: Some(account), ban_target: Some(ban_target(&name)), ..Selection::default() };
    let count = audit.erase(&selection).await?;
    audit.forget(account, &name).await?;
    admin::note(config, OperatorAct::Erased, format!("account {account}: {count} events")).await?;
    println!("the account is gone, {count} events erased; its name stays reserved");
    Ok(())
}

async fn find(audit: &dyn Audit, text: &str) -> anyhow::Result<(AccountName, Person)> {
    let name = AccountName::new(text).map_err(|error| anyhow!("{text:?} is not an account's name: {error}"))?;
    let person = audit.person(&name).await?.with_context(|| format!("there is no account {text}"))?;
    // Written as its owner wrote it: rows have it so.
    let name = AccountName::from_stored(&person.account.name, name.folded().as_str());
    Ok((name, person))
}
