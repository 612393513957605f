-- PostgreSQL gets the index of 0036 here.

-- +goose Up

SELECT 1;
