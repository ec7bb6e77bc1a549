package console

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"testing"

	"joren/internal/feed"
	"joren/internal/staff"
)

// chooses uploads several files chosen at once.
func (c *clerk) chooses(files ...string) sheet {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i, text := range files {
		f, err := m.CreateFormFile("file", string(rune('a'+i))+".csv")
		if err != nil {
			c.o.t.Fatal(err)
		}
		f.Write([]byte(text))
	}
	m.Close()
	r, err := http.NewRequest("POST", c.o.url+"/import", &b)
	if err != nil {
		c.o.t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	return c.do(r)
}

func TestBothFilesOfAnExportAreChosenAtOnceAndTheirPointsAreForetold(t *testing.T) {
	const items = "Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Gross Sales,Discounts,Tax,Transaction ID,Event Type,Location,Customer ID,Customer Name\n" +
		"11/02/2026,10:00:00,Osaka,Drink,Latte,2.0,Regular,LAT,1000,0,100,tx1,Payment,Honten,C1,Hanako\n"
	const transactions = "Date,Time,Time Zone,Gross Sales,Discounts,Tax,Tip,Total Collected,Transaction ID,Staff Name,Description,Event Type,Location,Customer ID,Customer Name\n" +
		"11/02/2026,10:00:00,Osaka,1000,0,100,70,1170,tx1,Ken,2 x Latte,Payment,Honten,C1,Hanako\n"
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		f := &feed.Feed{DB: o.db, Sales: o.console.Sales, People: o.console.People, Programmes: o.programmes}
		o.console.Judge = f.Judge
		c := o.clerk(staff.Marketer)
		up := c.chooses(items, transactions).ok(303)
		c.follow(up).ok(200).says("a.csv + b.csv", "Square items", "Square transactions", "Points it would give").has("a.tile")
		c.follow(c.chooses(items, orders).ok(303)).ok(422).says("are not the two files of one export")
	})
}
