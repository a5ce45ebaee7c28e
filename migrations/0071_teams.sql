-- Teams are more than names now: each has a role in all repositories of its organisation, or in listed ones. Teams that
-- were names alone go on as that, without a role. `number` is how addresses and APIs name one.
create table teams (
  organisation text not null constraint teams_organisation references accounts (id),
  name text not null,
  number bigint not null constraint teams_number unique,
  description text not null,
  role text constraint teams_role check (role in ('read', 'triage', 'write', 'maintain', 'admin')),
  -- Whether the role holds in every repository of the organisation, also in those to come.
  everywhere smallint not null,
  created bigint not null,
  constraint teams_pkey primary key (organisation, name)
);
insert into teams (organisation, name, number, description, everywhere, created)
select organisation, team, row_number() over (order by organisation, team), '', 0, 0
from (select distinct organisation, team from team_members) as named;

-- What belonging to an organisation gives by itself; an organisation without a row gives the role to write.
create table member_roles (
  organisation text not null constraint member_roles_pkey primary key
    constraint member_roles_organisation references accounts (id),
  -- None for nothing: only teams and single roles count.
  role text constraint member_roles_role check (role in ('read', 'triage', 'write', 'maintain', 'admin'))
);

-- In which repositories a team has its role, when that is not everywhere.
create table team_repositories (
  team bigint not null,
  repo text not null,
  since bigint not null,
  constraint team_repositories_pkey primary key (team, repo)
);
create index team_repositories_of_repo on team_repositories (repo);
