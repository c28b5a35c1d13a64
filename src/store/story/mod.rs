//! One story for both databases: what the contract promises, told on SQLite always, and on MariaDB or MySQL when
//! `CHAT_TEST_MYSQL_URL` names a server on which databases may be made.
//!
//! With `CHAT_TEST_REQUIRE_SERVICES=1` a missing server is a failure.

mod adoption;
mod audit;
mod commit;
mod model;
mod outage;
mod pages;
mod presence;
mod stage;
mod tables;
mod upgrade;

use stage::Stage;

/// Each story on each database, as a test of its own.
macro_rules! stories {
    ($($module:ident :: $story:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $story() {
                super::$module::$story(&mut super::Stage::sqlite().await).await;
            })*
        }

        mod on_mysql {
            $(#[tokio::test]
            async fn $story() {
                if let Some(mut stage) = super::Stage::mysql().await {
                    super::$module::$story(&mut stage).await;
                }
            })*
        }
    };
}

stories! {
    commit::what_is_committed_is_loaded,
    commit::a_batch_again_is_answered_as_the_first_time,
    commit::an_id_is_stored_once,
    commit::wrong_batches_change_nothing,
    commit::devices_and_credentials,
    commit::a_revoked_certificate_may_be_bound_again,
    pages::every_range_gives_what_the_model_gives,
    pages::targets_are_those_of_the_model,
    audit::what_was_changed_is_found_and_named,
    audit::what_was_cut_off_is_shown_by_an_anchor,
    audit::what_was_erased_leaves_the_record_whole,
    audit::what_is_old_goes_behind_a_checkpoint,
    audit::rules_let_go_of_what_is_old_and_of_nothing_else,
    audit::a_checkpoint_hides_nothing,
    audit::a_dump_of_every_kind_of_event_is_restored,
    audit::only_todays_tables_are_judged,
    pages::a_playback_is_the_last_pages_of_several,
    presence::who_left_and_who_was_here_is_known_again,
    tables::the_seeds_queries_are_answered,
    tables::a_newer_schema_is_refused,
    tables::servers_may_start_at_once,
    upgrade::every_earlier_version_is_brought_up_to_date,
    tables::the_correspondent_is_nobody_else,
    adoption::the_seeds_own_rows_are_taken_over,
    adoption::odd_rows_are_kept_and_told,
    adoption::passwords_may_be_plain_or_said_to_be,
    adoption::a_start_goes_on_where_a_crash_left_it,
    adoption::two_servers_take_over_once,
    adoption::tables_that_are_not_the_seeds_are_refused,
    adoption::one_table_alone_is_taken_over,
}
