// Package testkit holds what only tests need: the rules of the repository.
package testkit
