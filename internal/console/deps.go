package console

import (
	"joren/internal/audience"
	"joren/internal/day"
	"joren/internal/insight"
	"joren/internal/intake"
	"joren/internal/jobs"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/people"
	"joren/internal/programme"
	"joren/internal/sale"
	"joren/internal/session"
)

// Deps is what the console needs of the house. All are made at start-up and
// safe for concurrent use.
type Deps struct {
	Web        *session.Web
	Sales      *sale.Sales
	Members    *member.Members
	People     *people.People
	Programmes *programme.Cache
	Jobs       *jobs.Runner                    // woken after a job was ordered or retried
	Outbox     *outbox.Node                    // retries parked events
	Judge      func(history bool) intake.Judge // says what recording a file would do; nil leaves the points out of the dry run
	Version    string                          // of the program, for the health page
	Audience   *audience.Audience              // nil leaves segments out
	Insight    *insight.Board                  // nil leaves the word Insight out
	Books      *day.Books                      // what open points are worth; nil leaves the page out
}
