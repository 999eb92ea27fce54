"""The examples do what they say, each in a process of its own as a user starts it."""

import itertools
import json
import os
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import free_port

pytestmark = pytest.mark.silo

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
EXAMPLES = os.path.join(ROOT, "examples")


def run(tmp_path, *line, timeout=240, **more):
    path = os.pathsep.join([os.path.join(ROOT, "src"), os.environ.get("PYTHONPATH", "")])
    # The silo's program alone: who starts one gives it options of its own.
    words = itertools.takewhile(
        lambda word: not word.startswith("--"), shlex.split(os.environ["COKE_SILO"])
    )
    environment = dict(
        os.environ, PYTHONPATH=path, OMP_NUM_THREADS="1", COKE_SILO=shlex.join(words), **more
    )
    done = subprocess.run(
        line, cwd=tmp_path, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def python(tmp_path, name, *words, **more):
    return run(tmp_path, sys.executable, os.path.join(EXAMPLES, name), *words, **more)


def test_train_and_train_again(silo, tmp_path):
    common = ["--silo", silo, "--run", "train", "--count", "1024", "--heads", "10", "20"]
    said = python(tmp_path, "train.py", *common, "--epochs", "1")
    assert "epoch 0:" in said and "epoch 1:" in said and "test ACC" in said
    said = python(tmp_path, "train.py", *common, "--epochs", "2")  # goes on from its save
    assert "epoch 1:" not in said and "epoch 2:" in said


def test_two_trainers_of_one_model(silo, tmp_path):
    # As torchrun starts them; Debian's own, of torch 1.13, does not run on its Python 3.11.
    common = ["--silo", silo, "--run", "two", "--count", "512", "--heads", "10", "--epochs", "1"]
    group = dict(WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(free_port()))
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(
            lambda rank: python(tmp_path, "train.py", *common, RANK=str(rank), **group), range(2)
        )
    assert "epoch 1:" in first and "test ACC" in first and "epoch" not in second


def test_train_with_a_silo_of_its_own_goes_on_too(tmp_path):
    common = ["--count", "512", "--heads", "10"]
    assert "epoch 1:" in python(tmp_path, "train.py", *common, "--epochs", "1")
    said = python(tmp_path, "train.py", *common, "--epochs", "2")
    assert "epoch 1:" not in said and "epoch 2:" in said


def test_trainers_that_share_no_silo_are_refused(tmp_path):
    with pytest.raises(AssertionError, match="Several trainers need one silo"):
        python(tmp_path, "train.py", RANK="0", WORLD_SIZE="2")


def test_lightly_style_with_workers(silo, tmp_path):
    said = python(
        tmp_path, "lightly_style.py", "--silo", silo, "--count", "384", "--epochs", "1",
        "--workers", "1",
    )
    assert "epoch 1: 384 images" in said


def test_cluster_features(silo, tmp_path):
    said = python(tmp_path, "cluster_features.py", "--silo", silo, "--out", "labels.npy")
    assert "at least 800 asked" in said and (tmp_path / "labels.npy").exists()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl(silo, tmp_path):
    said = run(tmp_path, "bash", os.path.join(EXAMPLES, "curl.sh"), silo)
    assert said.count('{"room":true}') == 3 and '"total":4' in said


def test_gpu_check_on_a_cpu(silo, tmp_path):
    said = python(tmp_path, "gpu_check.py", "--cpu", "--minutes", "0.2", "--images", "512")
    told = json.loads(said[said.index("{"):])
    assert told["labels_that_differ"] == told["center_values_that_differ"] == 0
    assert told["labels_compared"] >= 512
