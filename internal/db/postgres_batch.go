package db

import (
	"github.com/jackc/pgx/v5"
)

func (s *pgSession) most() int { return maxArray }

// batch sends all statements in one message and reads their answers in order.
func (s *pgSession) batch(tx *Tx, list []queued) ([]int64, error) {
	var b pgx.Batch
	for i := range list {
		args, err := arrays(&list[i].bulk, list[i].cols, 0, list[i].n)
		if err != nil {
			return nil, err
		}
		b.Queue(list[i].bulk.postgres, args...)
	}
	answers := s.tx.SendBatch(tx.ctx, &b)
	rows := make([]int64, len(list))
	for i := range list {
		n, err := answerOf(answers, list[i].each)
		if err != nil {
			answers.Close()
			return nil, err
		}
		rows[i] = n
	}
	return rows, answers.Close()
}

func answerOf(answers pgx.BatchResults, each func(Row) error) (n int64, err error) {
	if each == nil {
		tag, err := answers.Exec()
		return tag.RowsAffected(), err
	}
	rows, err := answers.Query()
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	r := pgRow{rows}
	for rows.Next() {
		n++
		if err := each(r); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}
