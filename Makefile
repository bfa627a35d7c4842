# What people type. Each line is a command that could be typed by itself.

.PHONY: run test bench fuzz setup fmt

run: ## install what is missing, build, serve on http://127.0.0.1:8080
	scripts/setup.sh run
	scripts/web.sh
	cargo build --release --locked
	./target/release/praxiloom serve

test: ## install what is missing, check and test everything
	scripts/setup.sh test
	scripts/test.sh

bench: ## measure, in the short form: latency of a turn, cost of a session (more in benches/README.md)
	scripts/setup.sh run
	scripts/web.sh
	cargo build --release --locked --workspace
	./target/release/latency --turns 40 --barge-ins 10

fuzz: ## look for input that the parsers do not survive, for a minute and a half
	scripts/setup.sh run
	scripts/fuzz.sh

setup: ## install what is missing, for running and for testing
	scripts/setup.sh test

fmt: ## format everything
	cargo fmt --all
	cd web && npm run format
