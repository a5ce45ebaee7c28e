-- What the MCP servers of stacks said of their tools: the list that was agreed to, by whom, and one that differs from it and waits.
create table tool_pins (
  id text not null constraint tool_pins_pkey primary key,
  repo text not null constraint tool_pins_repo references repositories (id),
  stack text not null,
  server text not null,
  address text not null,
  tools text not null,
  agreed_by text not null,
  agreed_at bigint not null,
  waiting text,
  waiting_at bigint,
  constraint tool_pins_server unique (repo, stack, server)
);
