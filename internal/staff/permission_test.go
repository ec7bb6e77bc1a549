package staff

import (
	"fmt"
	"strings"
	"testing"
)

// matrix is what the shop is promised: o owner, m manager, k marketer,
// a analyst, g agent, c cashier.
const matrix = `
home.view          o m k a g -
members.view       o m k - g c
members.edit       o m - - g -
members.export     o m k - - -
members.merge      o m - - - -
members.erase      o m - - - -
points.adjust      o m - - g -
points.approve     o m - - - -
purchases.view     o m k - g c
purchases.record   o m - - - c
purchases.return   o m - - g c
till.use           o m - - - c
programme.view     o m k a g -
programme.edit     o m k - - -
programme.publish  o m - - - -
import.run         o m k - - -
jobs.view          o m k - - -
jobs.manage        o m - - - -
insight.view       o m k a - -
insight.export     o m k a - -
accounts.view      o m - a - -
settings.view      o m - - - -
settings.edit      o m - - - -
staff.manage       o - - - - -
keys.manage        o - - - - -
audit.view         o m - - - -
`

func TestEachRoleMayDoWhatTheMatrixSaysAndNothingElse(t *testing.T) {
	var got strings.Builder
	got.WriteString("\n")
	for _, p := range Permissions {
		fmt.Fprintf(&got, "%-18s", p)
		for i, r := range Roles {
			mark := "-"
			if Can(r, p) {
				mark = string("omkagc"[i])
			}
			got.WriteString(" " + mark)
		}
		got.WriteString("\n")
	}
	if got.String() != matrix {
		t.Errorf("got%swant%s", got.String(), matrix)
	}
}

func TestNobodyAndUnknownRolesMayDoNothing(t *testing.T) {
	for _, p := range Permissions {
		if Can("", p) || Can("admin", p) {
			t.Errorf("%s is open to a role that does not exist", p)
		}
	}
	if Can(Owner, "no.such") {
		t.Error("an unknown permission is granted")
	}
}
