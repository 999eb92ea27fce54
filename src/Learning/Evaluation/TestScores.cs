namespace CoKe.Learning.Evaluation;

/// <summary>What the true classes say about a trained encoder. Computed once, after training; nothing was chosen by it.</summary>
/// <param name="Accuracy">Clustering accuracy of the smallest head on the test images.</param>
/// <param name="NormalizedMutualInformation">Of the same predictions and the true classes.</param>
/// <param name="AdjustedRandIndex">Of the same predictions and the true classes.</param>
/// <param name="Probe">Accuracy of a linear classifier on the features; null where it had nothing to learn from.</param>
/// <param name="Neighbors">Accuracy of 20 nearest neighbors on the features; null likewise.</param>
/// <param name="Predictions">The cluster of every test image.</param>
public sealed record TestScores(
    double Accuracy,
    double NormalizedMutualInformation,
    double AdjustedRandIndex,
    double? Probe,
    double? Neighbors,
    int[] Predictions
);
