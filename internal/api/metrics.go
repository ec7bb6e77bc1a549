package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what an operator watches. Labels are routes and statuses, never
// anything a caller sent.
type metrics struct {
	handler  http.Handler
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
}

func newMetrics(d Deps) *metrics {
	reg := prometheus.NewRegistry()
	m := &metrics{
		handler: promhttp.HandlerFor(reg, promhttp.HandlerOpts{}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "joren_api_requests_total", Help: "Requests answered, by route and status."},
			[]string{"route", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "joren_api_request_seconds", Help: "Time to answer, by route.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5}}, []string{"route"}),
	}
	reg.MustRegister(m.requests, m.took, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if d.Waiting != nil {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "joren_lane_waiting", Help: "Requests waiting for a commit."}, func() float64 { return float64(d.Waiting()) }))
	}
	for name, x := range map[string]struct {
		help string
		n    func() int64
	}{
		"joren_db_writes_total":    {"Write transactions committed.", func() int64 { return d.DB.Counts().Writes }},
		"joren_db_retries_total":   {"Write transactions run again after a conflict.", func() int64 { return d.DB.Counts().Retries }},
		"joren_db_ambiguous_total": {"Commits whose outcome was not known.", func() int64 { return d.DB.Counts().Ambiguous }},
	} {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: x.help}, func() float64 { return float64(x.n()) }))
	}
	return m
}

// routeMetrics are one route's, found once.
type routeMetrics struct {
	all    *metrics
	route  string
	took   prometheus.Observer
	common map[int]prometheus.Counter
}

func (m *metrics) of(rt *route) *routeMetrics {
	name := rt.Method + " " + rt.Path
	r := &routeMetrics{all: m, route: name, took: m.took.WithLabelValues(name), common: map[int]prometheus.Counter{}}
	for _, status := range rt.Status {
		r.common[status] = m.requests.WithLabelValues(name, strconv.Itoa(status))
	}
	return r
}

func (r *routeMetrics) note(status int, took time.Duration) {
	r.took.Observe(took.Seconds())
	if c := r.common[status]; c != nil {
		c.Inc()
		return
	}
	r.all.requests.WithLabelValues(r.route, strconv.Itoa(status)).Inc()
}
