package staff

import "slices"

// Role is the bundle of permissions a user carries.
type Role string

const (
	Owner    Role = "owner"
	Manager  Role = "manager"
	Marketer Role = "marketer"
	Analyst  Role = "analyst"
	Agent    Role = "agent"
	Cashier  Role = "cashier"
)

// Roles in the order of screens.
var Roles = []Role{Owner, Manager, Marketer, Analyst, Agent, Cashier}

// Known reports whether r is a role.
func (r Role) Known() bool { return slices.Contains(Roles, r) }

// Permission is one thing that needs to be allowed. Every route and every
// changing button names one.
type Permission string

const (
	HomeView         Permission = "home.view"
	MembersView      Permission = "members.view"
	MembersEdit      Permission = "members.edit"
	MembersExport    Permission = "members.export"
	MembersMerge     Permission = "members.merge"
	MembersErase     Permission = "members.erase"
	PointsAdjust     Permission = "points.adjust"
	PointsApprove    Permission = "points.approve" // the second person of a large grant
	PurchasesView    Permission = "purchases.view"
	PurchasesRecord  Permission = "purchases.record"
	PurchasesReturn  Permission = "purchases.return"
	TillUse          Permission = "till.use"
	ProgrammeView    Permission = "programme.view"
	ProgrammeEdit    Permission = "programme.edit"
	ProgrammePublish Permission = "programme.publish"
	ImportRun        Permission = "import.run"
	JobsView         Permission = "jobs.view"
	JobsManage       Permission = "jobs.manage"
	InsightView      Permission = "insight.view"
	InsightExport    Permission = "insight.export"
	AccountsView     Permission = "accounts.view" // what points are worth in the accounts, with its journal
	SettingsView     Permission = "settings.view"
	SettingsEdit     Permission = "settings.edit"
	StaffManage      Permission = "staff.manage"
	KeysManage       Permission = "keys.manage"
	AuditView        Permission = "audit.view"
)

// Permissions lists all of them, in the order above.
var Permissions = []Permission{
	HomeView, MembersView, MembersEdit, MembersExport, MembersMerge, MembersErase, PointsAdjust, PointsApprove,
	PurchasesView, PurchasesRecord, PurchasesReturn, TillUse, ProgrammeView, ProgrammeEdit, ProgrammePublish,
	ImportRun, JobsView, JobsManage, InsightView, InsightExport, AccountsView, SettingsView, SettingsEdit, StaffManage, KeysManage, AuditView,
}

// grants is the one table of who may do what. The owner may do everything.
var grants = map[Role][]Permission{
	Owner: Permissions,
	Manager: {HomeView, MembersView, MembersEdit, MembersExport, MembersMerge, MembersErase, PointsAdjust, PointsApprove,
		PurchasesView, PurchasesRecord, PurchasesReturn, TillUse, ProgrammeView, ProgrammeEdit, ProgrammePublish,
		ImportRun, JobsView, JobsManage, InsightView, InsightExport, AccountsView, SettingsView, SettingsEdit, AuditView},
	Marketer: {HomeView, MembersView, MembersExport, PurchasesView, ProgrammeView, ProgrammeEdit, ImportRun, JobsView, InsightView, InsightExport},
	Analyst:  {HomeView, ProgrammeView, InsightView, InsightExport, AccountsView},
	Agent:    {HomeView, MembersView, MembersEdit, PointsAdjust, PurchasesView, PurchasesReturn, ProgrammeView},
	Cashier:  {MembersView, PurchasesView, PurchasesRecord, PurchasesReturn, TillUse},
}

// Can reports whether role may do p. It is the only place that decides.
func Can(role Role, p Permission) bool { return slices.Contains(grants[role], p) }
