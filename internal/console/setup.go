package console

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"

	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/jobs"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/session"
	"joren/internal/shop"
	"joren/internal/staff"
	"joren/internal/ui"
)

// SampleJob is the kind of the job that fills the shop with the sample.
const SampleJob = "sample"

func (c *Console) setupRoutes() {
	c.get("/sample", staff.SettingsEdit, c.samplePage)
	c.Web.OnSetup = c.onSetup
}

// onSetup orders what was chosen on the set-up page: the sample as a job, or a
// draft of a template for a shop that begins empty.
func (c *Console) onSetup(r *http.Request, tx *db.Tx, s shop.Settings) (next string, err error) {
	if s.Setup == shop.Sample {
		if _, err := jobs.Enqueue(tx, SampleJob, nil, jobs.Options{Unique: SampleJob, MaxTries: 3}); err != nil {
			return "", err
		}
		tx.AfterCommit(c.Jobs.Wake)
		return "/sample", nil
	}
	if name := r.PostForm.Get("template"); slices.Contains(plan.Templates(), name) {
		src, err := plan.Template(name)
		if err != nil {
			return "", err
		}
		_, err = programme.Save(tx, fitted(src, s), session.Must(r.Context()).User.ID, "")
		return "/", err
	}
	return "/", nil
}

// fitted is a template in the shop's currency and time zone. Its amounts stay
// what they are, in minor units; the owner reads them before publishing.
func fitted(src []byte, s shop.Settings) []byte {
	src = bytes.Replace(src, []byte("\ncurrency: JPY "), []byte("\ncurrency: "+s.Currency+" "), 1)
	return bytes.Replace(src, []byte("\nzone: Asia/Tokyo"), []byte("\nzone: "+s.Zone), 1)
}

// sampleJob finds the job that fills the shop.
func sampleJob(tx *db.Tx) (j jobs.Info, found bool, err error) {
	for _, state := range []jobs.State{jobs.Running, jobs.Waiting, jobs.Dead, jobs.Cancelled, jobs.Done} {
		list, err := jobs.List(tx, state, ident.ID{}, most)
		if err != nil {
			return j, false, err
		}
		if i := slices.IndexFunc(list, func(x jobs.Info) bool { return x.Kind == SampleJob }); i >= 0 {
			return list[i], true, nil
		}
	}
	return j, false, nil
}

// samplePage shows how far the sample is, then leads to Home.
func (c *Console) samplePage(w http.ResponseWriter, r *http.Request) error {
	var j jobs.Info
	found := false
	if err := c.read(r, func(tx *db.Tx) (err error) { j, found, err = sampleJob(tx); return err }); err != nil {
		return err
	}
	if !found || j.State == jobs.Done {
		return see(w, r, "/")
	}
	if j.State == jobs.Waiting || j.State == jobs.Running {
		w.Header().Set("Refresh", strconv.Itoa(refreshSeconds))
	}
	return ui.Render(w, r, http.StatusOK, sampleView(j))
}

// needSample says that the sample is still being filled in.
func (c *Console) needSample(_ *http.Request, tx *db.Tx, s *scene) (*ui.Notice, error) {
	if s.shop.Setup != shop.Sample {
		return nil, nil
	}
	j, found, err := sampleJob(tx)
	if err != nil || !found || j.State != jobs.Waiting && j.State != jobs.Running {
		return nil, err
	}
	done := int64(0)
	if j.Total > 0 {
		done = j.Done * 100 / j.Total
	}
	return s.need("info", "console.home.filling", "/sample", "done", done), nil
}
