# make lab        install the course into .venv (the first time) and open it in JupyterLab
# make test       check everything: style, unit tests, the page's JavaScript, every notebook, the
#                 course in a real browser
# make arithmetic the unit tests and every notebook with the arithmetic of older processors, all on this one
# make site       the website, made from the notebooks, into site/_build; make site-serve shows it
# make bench      speed and memory against what you would write instead
# make mutants    put wrong numbers, words and colours in and count those that the tests notice
# make lint       style and layout alone
# make clean      remove .venv and all caches
#
# PYTHON=/path/to/python   the Python to build .venv with; otherwise the first of the names below that will do
# PIP_FLAGS="..."          more options for pip. On Linux, PyPI's torch brings several GB of GPU libraries that the course
#                          does not use; PIP_FLAGS="--extra-index-url https://download.pytorch.org/whl/cpu" avoids them.
# ARGS="..."               for make mutants: such as ARGS="--modules run.py labs/charts.py --sample 300", see tests/mutation.py;
#                          for make lab: options of `python -m course_utils`, such as ARGS="--port 9000 --no-browser"

SHELL := /bin/sh
PY := .venv/bin/python
PYTHON ?=
PIP_FLAGS ?=
ARGS ?=
PYTHONS := $(if $(PYTHON),"$(PYTHON)",python3 python python3.13 python3.12 python3.11)

# Exit code 0: will do; 3: older than 3.11; 4: cannot make environments. A name may be on PATH and still not run (pyenv).
PROBE := import sys; sys.exit(3) if sys.version_info < (3, 11) else None; import importlib.util as u; \
  sys.exit(0 if u.find_spec("venv") and u.find_spec("ensurepip") else 4)

.PHONY: help lab test arithmetic site site-serve bench mutants lint clean FORCE

help:
	@sed -n '/^# make/s/^# //p' Makefile

lab: .venv/.course
	@$(PY) -m course_utils $(ARGS)

lint: .venv/.course-test
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@sh tests/page/check lint

# The stamp holds the folder's name: an editable install points at it, so a moved or copied folder is installed anew, as is
# one whose .venv lost its Python.
# Only the shell reads the name: make would take a $ in it for a variable.
ifneq ($(shell [ "$$(cat .venv/.course 2>/dev/null)" = "$$(pwd -P)" ] && $(PY) -c 'print("works")' 2>/dev/null),works)
.venv/.course: FORCE
endif

.venv/.course: pyproject.toml constraints.txt
	@$(PY) -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { $(make_venv); }
	@echo "Installing the course into .venv: a few minutes the first time, and about 2 GB of disk."
	@case "$$(uname -s) $(PIP_FLAGS)" in "Linux ") \
	  echo "On Linux pip may fetch torch with GPU libraries, several GB that the course does not use: see the top of the Makefile." ;; esac
	@$(call pip_install,.)
	@pwd -P > $@

.venv/.course-test: .venv/.course
	@$(call pip_install,".[test$(comma)scale$(comma)site]")
	@touch $@

.venv/.course-site: .venv/.course
	@$(call pip_install,".[site]")
	@touch $@

.venv/.course-bench: .venv/.course
	@$(call pip_install,".[bench]")
	@touch $@

comma := ,

define make_venv
old=; novenv=; \
for python in $(PYTHONS); do \
  "$$python" -c '$(PROBE)' 2>/dev/null; code=$$?; \
  case $$code in \
    0) echo "Making .venv with $$("$$python" -c 'import sys; print(sys.executable, sys.version.split()[0])')."; \
       exec "$$python" -m venv --clear .venv ;; \
    3) old="$$old $$("$$python" -c 'import sys; print(sys.version.split()[0])')" ;; \
    4) novenv=$$python ;; \
  esac; \
done; \
if [ -n "$$novenv" ]; then \
  echo "The course needs its own environment, but $$novenv cannot make one because its venv module is missing:" \
       "install it (Debian, Ubuntu: sudo apt install python3-venv), then run make lab again." >&2; \
elif [ -n "$$old" ]; then \
  echo "The course needs Python 3.11 or newer, but only older ones ($$(echo $$old)) are on PATH:" \
       "install a newer one from python.org, or name one: make lab PYTHON=/path/to/python3." >&2; \
else \
  echo "The course needs Python 3.11 or newer, but none of $(PYTHONS) runs here:" \
       "install it from python.org, or name one: make lab PYTHON=/path/to/python3." >&2; \
fi; \
exit 1
endef

define pip_install
$(PY) -m pip install --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt -e $(1) || { \
  echo "pip could not install the course (its reason is above): check the network and the free disk space and run make again;" \
       "if it found no version for your Python, name another: make clean lab PYTHON=python3.11." >&2; \
  exit 1; }
endef

# Two at a time; the tests of one file, and the cells of one notebook, stay together, in the order of their names: by the number
# of tests, as pytest-xdist would have it, the files of few slow tests would come last, when there is no work for the second one.
# The browser has the machine to itself.
parallel := -n 2 --dist loadfile --no-loadscope-reorder
# Of two processes with two threads each, every thread of a product waits for one that has no core.
one_thread := env OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
unit_tests = $(PY) -m pytest $(parallel) -m "not browser"
notebook_tests = $(PY) -m pytest $(parallel) --nbval --nbval-current-env --nbval-cell-timeout=600 \
  --nbval-kernel-startup-timeout=300 notebooks

# Every part runs, even after one that failed, and each exit code counts; pytest's own lines stand above the summary.
define begin
failed=0; summary=; \
part() { \
  name=$$1; shift; printf '\n==> %s: %s\n' "$$name" "$$*"; began=$$(date +%s); \
  if "$$@"; then word=ok; else word="FAILED (exit code $$?)"; failed=1; fi; \
  summary="$$summary$$(printf '%-10s %4d s  %s' "$$name" $$(($$(date +%s) - began)) "$$word")|"; \
}
endef

define finish
printf '\n==> summary\n'; printf '%s' "$$summary" | tr '|' '\n'; \
exit $$failed
endef

test: .venv/.course-test
	@$(begin); \
	part style $(PY) -m ruff check .; \
	part layout $(PY) -m ruff format --check .; \
	part unit $(one_thread) $(unit_tests); \
	part page sh tests/page/check; \
	part notebooks $(one_thread) $(notebook_tests); \
	part browser $(one_thread) $(PY) -m pytest $(parallel) -m browser tests/browser; \
	$(finish)

arithmetic: .venv/.course-test
	@$(begin); \
	part unit $(PY) tests/notebooks/arithmetic.py $(unit_tests); \
	part notebooks $(PY) tests/notebooks/arithmetic.py $(notebook_tests); \
	$(finish)

site: .venv/.course-site
	@$(PY) site/make_site.py site/_build && echo "Made site/_build: make site-serve shows it."

site-serve: site
	@$(PY) -m http.server 0 --bind 127.0.0.1 --directory site/_build

bench: .venv/.course-test .venv/.course-bench
	@for script in benchmarks/*.py; do echo "==> $$script"; $(PY) "$$script" || exit 1; done

mutants: .venv/.course-test
	@$(PY) tests/mutation.py $(ARGS)

clean:
	rm -rf .venv site/_build site/engine/_build build dist *.egg-info .pytest_cache .ruff_cache .hypothesis dask-worker-space
	find . -name __pycache__ -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -prune -exec rm -rf {} +
