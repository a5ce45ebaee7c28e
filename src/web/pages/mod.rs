//! One file a page.

pub mod dashboard;
pub mod login;
pub mod not_done;
pub mod search;
pub mod secrets;
pub mod setup;
pub mod team;
pub mod theme;
pub mod ticked;
pub mod tokens;
pub mod tool_pins;
pub mod usage;
pub mod work;

pub mod origin;
pub mod owner;

pub mod brain;
pub mod brain_health;
pub mod brain_import;
pub mod brain_ontology;
pub mod brain_record;
pub mod brain_search;
pub mod brain_updates;
pub mod related;

pub mod archive;
pub mod blame;
pub mod blob;
pub mod code;
pub mod commit;
pub mod commits;
pub mod compare;
pub mod feed;
pub mod find;
pub mod fork;

pub mod converse;
pub mod edit;
pub mod history;
pub mod issue;
pub mod issue_new;
pub mod issues;
pub mod labels;
pub mod milestones;
pub mod models;

pub mod pull;
pub mod pull_new;
pub mod pulls;
pub mod review;
pub mod reviewers;

pub mod bots;
pub mod check;
pub mod run;
pub mod runs;
pub mod steer;
pub mod steer_check;
pub mod stream;

pub mod raw_transcript;
pub mod run_context;
pub mod run_egress;

pub mod approval;
pub mod approvals;
pub mod import;
pub mod inbox;

pub mod deliveries;
pub mod delivery;
pub mod hook_delivery;
pub mod hooks;
pub mod settings;
pub mod settings_file;
pub mod settings_repository;

pub mod admin;
