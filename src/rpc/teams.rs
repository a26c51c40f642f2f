//! `TeamService`.

use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Rpc, members,
    pages::{self, List},
    values::{id, paths, timestamp, word, words},
};
use crate::{
    app,
    domain::{
        domain_rules::{DomainRule, DomainRules, Effect},
        email::Email,
        languages::Language,
        members::MemberFilter,
        names::{DisplayName, PersonName},
        pages::size,
        teams::{
            InvitationTtl, Team, TeamCounts, TeamFilter, TeamSettings, VerifiedAccountPolicy,
            seat_limit,
        },
        texts::{ExternalId, optional},
        users::Profile,
    },
    error::{Result, Rule, Violations},
    proto::{self, team_service_server::TeamService},
};

#[tonic::async_trait]
impl TeamService for Rpc {
    async fn create_team(
        &self,
        request: Request<proto::CreateTeamRequest>,
    ) -> Result<Response<proto::CreateTeamResponse>, Status> {
        self.call(request, async |rpc: Self, message| {
            let command = create(&message)?;
            let (team, entered) = app::teams::create(&rpc.ctx, &command).await?;
            let (member, invitation) = members::member(entered.member, rpc.ctx.clock.now());
            Ok(proto::CreateTeamResponse {
                team: Some(show(&team)),
                member: Some(member),
                invitation,
                outcome: members::outcome(entered.outcome).into(),
            })
        })
        .await
    }

    async fn get_team(
        &self,
        request: Request<proto::GetTeamRequest>,
    ) -> Result<Response<proto::GetTeamResponse>, Status> {
        self.call(request, async |rpc: Self, message| {
            let (team, counts) =
                app::teams::get(&rpc.ctx, id("team_id", &message.team_id)?).await?;
            Ok(proto::GetTeamResponse {
                team: Some(show(&team)),
                counts: Some(show_counts(counts)),
            })
        })
        .await
    }

    async fn list_teams(
        &self,
        request: Request<proto::ListTeamsRequest>,
    ) -> Result<Response<proto::ListTeamsResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, mut message: proto::ListTeamsRequest| {
                let token = std::mem::take(&mut message.page_token);
                let size = size(std::mem::take(&mut message.page_size));
                let list = List::new("ListTeams", &message);
                let after = pages::id(list.open(&rpc.ctx.secrets, &token)?)?;
                let external_id = message.filter.map(|filter| filter.external_id);
                let filter = TeamFilter {
                    external_id: external_id.filter(|text| !text.is_empty()),
                };
                let page = app::teams::list(&rpc.ctx, &filter, (after, size)).await?;
                Ok(proto::ListTeamsResponse {
                    teams: page.items.iter().map(show).collect(),
                    next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
                })
            },
        )
        .await
    }

    async fn update_team(
        &self,
        request: Request<proto::UpdateTeamRequest>,
    ) -> Result<Response<proto::UpdateTeamResponse>, Status> {
        self.call(request, async |rpc: Self, message| {
            let (team, changes) = update(message)?;
            let team = app::teams::update(&rpc.ctx, team, &changes).await?;
            Ok(proto::UpdateTeamResponse {
                team: Some(show(&team)),
            })
        })
        .await
    }

    async fn list_members(
        &self,
        request: Request<proto::ListMembersRequest>,
    ) -> Result<Response<proto::ListMembersResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, mut message: proto::ListMembersRequest| {
                let token = std::mem::take(&mut message.page_token);
                let size = size(std::mem::take(&mut message.page_size));
                let list = List::new("ListMembers", &message);
                let (team, filter) = member_filter(message)?;
                let after = pages::id(list.open(&rpc.ctx.secrets, &token)?)?;
                let page = app::members::list(&rpc.ctx, team, &filter, (after, size)).await?;
                let now = rpc.ctx.clock.now();
                let next_page_token = list.seal(&rpc.ctx.secrets, page.next.as_ref());
                Ok(proto::ListMembersResponse {
                    members: page
                        .items
                        .into_iter()
                        .map(|member| members::member(member, now).0)
                        .collect(),
                    next_page_token,
                })
            },
        )
        .await
    }

    async fn get_member(
        &self,
        request: Request<proto::GetMemberRequest>,
    ) -> Result<Response<proto::GetMemberResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, message: proto::GetMemberRequest| {
                let mut violations = Violations::new();
                let team = violations.take(id("team_id", &message.team_id));
                let user = violations.take(id("user_id", &message.user_id));
                let (team, user) = violations.finish(team.zip(user))?;
                let member = app::members::get(&rpc.ctx, team, user).await?;
                let (member, _) = members::member(member, rpc.ctx.clock.now());
                Ok(proto::GetMemberResponse {
                    member: Some(member),
                })
            },
        )
        .await
    }
}

fn create(message: &proto::CreateTeamRequest) -> Result<app::teams::Create> {
    let mut violations = Violations::new();
    let settings = settings(message, &mut violations);
    let admin = if let Some(admin) = &message.primary_admin {
        primary_admin(admin, &mut violations)
    } else {
        violations.add("primary_admin", Rule::Required);
        None
    };
    let command = settings
        .zip(admin)
        .map(|(settings, primary_admin)| app::teams::Create {
            settings,
            primary_admin,
        });
    violations.finish(command)
}

fn primary_admin(
    admin: &proto::PrimaryAdmin,
    violations: &mut Violations,
) -> Option<(Email, Profile)> {
    let email = violations.take(Email::parse("primary_admin.email", &admin.email));
    let given = violations.take(PersonName::parse(
        "primary_admin.given_name",
        &admin.given_name,
    ));
    let family = violations.take(PersonName::parse(
        "primary_admin.family_name",
        &admin.family_name,
    ));
    let language = violations.take(optional(
        Language::parse,
        "primary_admin.language",
        &admin.language,
    ));
    Some((email?, Profile::named(given?, family?, language?)))
}

fn settings(
    message: &proto::CreateTeamRequest,
    violations: &mut Violations,
) -> Option<TeamSettings> {
    let display_name = violations.take(DisplayName::parse("display_name", &message.display_name));
    let external_id = violations.take(optional(
        ExternalId::parse,
        "external_id",
        &message.external_id,
    ));
    let seat_limit = violations.take(seat_limit("seat_limit", message.seat_limit));
    let invitation_ttl = ttl("invitation_ttl", message.invitation_ttl, violations);
    let policy = policy(
        "verified_account_policy",
        message.verified_account_policy,
        violations,
    );
    let language = language("default_language", &message.default_language, violations);
    let domain_rules = rules("domain_rules", &message.domain_rules, violations);
    Some(TeamSettings {
        display_name: display_name?,
        external_id: external_id?,
        seat_limit: seat_limit?,
        invitation_ttl: invitation_ttl?,
        verified_account_policy: policy?,
        default_language: language?,
        domain_rules: domain_rules?,
    })
}

fn ttl(
    field: &str,
    given: Option<prost_types::Duration>,
    violations: &mut Violations,
) -> Option<InvitationTtl> {
    match given {
        None => Some(InvitationTtl::default()),
        Some(time) => violations.take(InvitationTtl::parse(field, time.seconds, time.nanos)),
    }
}

fn policy(field: &str, number: i32, violations: &mut Violations) -> Option<VerifiedAccountPolicy> {
    let given = violations.take(word(field, number, |policy| match policy {
        proto::VerifiedAccountPolicy::Unspecified => None,
        proto::VerifiedAccountPolicy::AddAtOnce => Some(VerifiedAccountPolicy::AddAtOnce),
        proto::VerifiedAccountPolicy::AskFirst => Some(VerifiedAccountPolicy::AskFirst),
    }))?;
    Some(given.unwrap_or(VerifiedAccountPolicy::AddAtOnce))
}

fn language(field: &str, text: &str, violations: &mut Violations) -> Option<Language> {
    let given = violations.take(optional(Language::parse, field, text))?;
    Some(given.unwrap_or_default())
}

fn rules(
    field: &str,
    given: &[proto::DomainRule],
    violations: &mut Violations,
) -> Option<DomainRules> {
    let mut rules = Vec::with_capacity(given.len());
    let mut sound = true;
    for (index, rule) in given.iter().enumerate() {
        let place = format!("{field}[{index}].effect");
        let effect = violations.take(word(&place, rule.effect, |effect| match effect {
            proto::DomainRuleEffect::Unspecified => None,
            proto::DomainRuleEffect::Allow => Some(Effect::Allow),
            proto::DomainRuleEffect::GuestOnly => Some(Effect::GuestOnly),
            proto::DomainRuleEffect::Deny => Some(Effect::Deny),
        }));
        if effect == Some(None) {
            violations.add(place, Rule::Required);
        }
        // The pattern is judged whatever the effect is, and every rule whatever the others are.
        let judged = effect.flatten().unwrap_or(Effect::Deny);
        let place = format!("{field}[{index}].domain");
        let parsed = violations.take(DomainRule::parse(&place, &rule.domain, judged));
        sound &= parsed.is_some() && effect.flatten().is_some();
        rules.extend(parsed);
    }
    if !sound {
        return None;
    }
    match DomainRules::parse(field, rules) {
        Ok(rules) => Some(rules),
        Err(broken) => {
            for violation in broken {
                violations.add(violation.field, violation.rule);
            }
            None
        }
    }
}

/// What an update mask of a team may name.
const UPDATABLE: [&str; 7] = [
    "display_name",
    "external_id",
    "seat_limit",
    "invitation_ttl",
    "verified_account_policy",
    "default_language",
    "domain_rules",
];

fn update(message: proto::UpdateTeamRequest) -> Result<(Uuid, app::teams::Update)> {
    let mut violations = Violations::new();
    let team = message.team.unwrap_or_default();
    let team_id = violations.take(id("team.id", &team.id));
    let mut changes = app::teams::Update::default();
    for path in paths(message.update_mask.as_ref(), &UPDATABLE, &mut violations) {
        let field = format!("team.{path}");
        match path {
            "display_name" => {
                changes.display_name =
                    violations.take(DisplayName::parse(&field, &team.display_name));
            }
            "external_id" => {
                changes.external_id =
                    violations.take(optional(ExternalId::parse, &field, &team.external_id));
            }
            "seat_limit" => {
                changes.seat_limit = violations.take(seat_limit(&field, team.seat_limit));
            }
            "invitation_ttl" => {
                changes.invitation_ttl = ttl(&field, team.invitation_ttl, &mut violations);
            }
            "verified_account_policy" => {
                changes.verified_account_policy =
                    policy(&field, team.verified_account_policy, &mut violations);
            }
            "default_language" => {
                changes.default_language =
                    language(&field, &team.default_language, &mut violations);
            }
            "domain_rules" => {
                changes.domain_rules = rules(&field, &team.domain_rules, &mut violations);
            }
            // `paths` has noted every other one.
            _ => {}
        }
    }
    violations.finish(team_id.map(|team_id| (team_id, changes)))
}

fn member_filter(message: proto::ListMembersRequest) -> Result<(Uuid, MemberFilter)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let given = message.filter.unwrap_or_default();
    let filter = MemberFilter {
        roles: words(
            "filter.roles",
            &given.roles,
            &mut violations,
            members::read_role,
        ),
        states: words(
            "filter.states",
            &given.states,
            &mut violations,
            members::read_state,
        ),
        sources: words(
            "filter.sources",
            &given.sources,
            &mut violations,
            members::read_source,
        ),
        invitation_expired: given.invitation_expired,
    };
    violations.finish(team.map(|team| (team, filter)))
}

fn show(team: &Team) -> proto::Team {
    let settings = &team.settings;
    let policy = match settings.verified_account_policy {
        VerifiedAccountPolicy::AddAtOnce => proto::VerifiedAccountPolicy::AddAtOnce,
        VerifiedAccountPolicy::AskFirst => proto::VerifiedAccountPolicy::AskFirst,
    };
    proto::Team {
        id: team.id.to_string(),
        display_name: settings.display_name.as_str().to_owned(),
        external_id: settings
            .external_id
            .as_ref()
            .map(|id| id.as_str().to_owned())
            .unwrap_or_default(),
        primary_admin_user_id: team.primary_admin_user_id.to_string(),
        seat_limit: settings.seat_limit,
        invitation_ttl: Some(prost_types::Duration {
            seconds: settings.invitation_ttl.delta().num_seconds(),
            nanos: 0,
        }),
        verified_account_policy: policy.into(),
        default_language: settings.default_language.as_str().to_owned(),
        domain_rules: settings
            .domain_rules
            .as_slice()
            .iter()
            .map(show_rule)
            .collect(),
        create_time: Some(timestamp(team.create_time)),
        update_time: Some(timestamp(team.update_time)),
    }
}

fn show_rule(rule: &DomainRule) -> proto::DomainRule {
    let effect = match rule.effect() {
        Effect::Allow => proto::DomainRuleEffect::Allow,
        Effect::GuestOnly => proto::DomainRuleEffect::GuestOnly,
        Effect::Deny => proto::DomainRuleEffect::Deny,
    };
    proto::DomainRule {
        domain: rule.as_str().to_owned(),
        effect: effect.into(),
    }
}

const fn show_counts(counts: TeamCounts) -> proto::TeamCounts {
    proto::TeamCounts {
        seats: counts.seats,
        invited_members: counts.invited_members,
        active_members: counts.active_members,
        disabled_members: 0,
        removed_members: counts.removed_members,
        open_invitations: counts.open_invitations,
        expired_invitations: counts.expired_invitations,
        undelivered_invitations: counts.undelivered_invitations,
    }
}
