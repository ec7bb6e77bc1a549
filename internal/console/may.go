package console

import (
	"context"

	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

// may reports whether the reader of a page may do p; templates show only
// buttons that will not be refused.
func may(ctx context.Context, p staff.Permission) bool {
	who, ok := session.Current(ctx)
	return ok && who.Can(p)
}

func mayEdit(ctx context.Context) bool { return may(ctx, staff.MembersEdit) }

func mayExport(ctx context.Context) bool { return may(ctx, staff.MembersExport) }

func enrolButton(ctx context.Context) *ui.Button {
	if !mayEdit(ctx) {
		return nil
	}
	return &ui.Button{Label: ui.T(ctx, "console.member.new"), Href: "/members/new"}
}
