"""Writes golden/trainer/evaluation.json.gz: what scikit-learn and scipy make of labels and features, for ScikitLearnTests. Needs Debian's python3-sklearn (Debian 12: 1.2.1)."""
import gzip, json, os
import numpy as np
import sklearn
from scipy.optimize import linear_sum_assignment
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix
from sklearn.neighbors import KNeighborsClassifier

random = np.random.RandomState(5)
CLASSES, SIZE, TRAIN, TEST = 5, 16, 600, 400

def scores(y, c):
    table = contingency_matrix(y, c)
    rows, columns = linear_sum_assignment(-table)
    return {"acc": table[rows, columns].sum() / len(y), "nmi": normalized_mutual_info_score(y, c), "ari": adjusted_rand_score(y, c)}

labelings = []
for k, noise in ((5, 0.2), (5, 0.8), (9, 0.3), (30, 0.3), (2, 0.1), (100, 1.0)):
    y = random.randint(0, CLASSES, 500)
    c = np.where(random.rand(500) < noise, random.randint(0, k, 500), (y * 7 + random.randint(0, max(1, k // CLASSES), 500)) % k)
    labelings.append({"classes": y.tolist(), "clusters": c.tolist(), **scores(y, c)})

# Overlapping classes of unequal sizes, with features of unequal lengths and means as those after a rectifier.
means = random.randn(CLASSES, SIZE) * 0.9
def draw(n):
    y = random.choice(CLASSES, n, p=[0.3, 0.25, 0.2, 0.15, 0.1])
    x = np.maximum(0, 1 + means[y] + 1.6 * random.randn(n, SIZE)) * np.linspace(0.5, 2, SIZE)
    return np.round(x, 3).astype(np.float32), y
x, y = draw(TRAIN)
held, t = draw(TEST)

def neighbors(k):
    model = KNeighborsClassifier(k, metric="cosine", algorithm="brute", weights=lambda d: np.exp((1 - d) / 0.1)).fit(x, y)
    return float((model.predict(held) == t).mean())

def logistic(a, b, penalty):  # mean cross-entropy + penalty * |W|^2, the bias free
    model = LogisticRegression(C=1 / (2 * penalty * len(a)), tol=1e-8, max_iter=10000).fit(a, y)
    return float((model.predict(b) == t).mean())

m, s = x.mean(0), x.std(0, ddof=1) + 1e-5
length = np.sqrt((x ** 2).sum(1).mean())
golden = {
    "scikit-learn": sklearn.__version__, "labelings": labelings, "size": SIZE,
    "train": x.flatten().tolist(), "train_classes": y.tolist(), "test": held.flatten().tolist(), "test_classes": t.tolist(),
    "knn_20": neighbors(20), "knn_200": neighbors(200), "lbfgs": logistic((x - m) / s, (held - m) / s, 1e-4), "sgd": logistic(x / length, held / length, 5e-7),
}
print({name: golden[name] for name in ("knn_20", "knn_200", "lbfgs", "sgd")}, [(l["acc"], l["nmi"], l["ari"]) for l in labelings])
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "golden", "trainer", "evaluation.json.gz")
with open(path, "wb") as f:
    f.write(gzip.compress(json.dumps(golden, separators=(",", ":")).encode(), mtime=0))
