using CoKe.Learning.Evaluation;
using CoKe.Learning.Training;

namespace CoKe.Trainer.Report;

/// <summary>What the training thread hands over.</summary>
/// <param name="Training">The run itself.</param>
/// <param name="Scores">What the true classes say about it; null where nobody knows them.</param>
/// <param name="Trained">What they say about the smallest head's labels of the training images; null likewise.</param>
/// <param name="Exemplars">The training images nearest to every center of the smallest head.</param>
/// <param name="ParameterCount">Trained values of the encoder.</param>
/// <param name="Labels">labels.csv; null: nobody asked for it, or images cannot be read any more.</param>
sealed record RunOutcome(
    TrainingResult Training,
    TestScores? Scores,
    LabelScores? Trained,
    int[][] Exemplars,
    long ParameterCount,
    LabelsFile? Labels
);
