//go:build !unix

package demo

import "time"

var started = time.Now()

func cpuTime() time.Duration { return time.Since(started) }
