// Package stats is the arithmetic of measuring loyalty.
package stats
