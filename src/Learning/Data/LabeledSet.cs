using CoKe.Learning.Images;

namespace CoKe.Learning.Data;

/// <summary>Images in memory, and their classes.</summary>
/// <param name="Images">The images.</param>
/// <param name="Labels">Of every image, for evaluation alone; null: nobody knows.</param>
public sealed record LabeledSet(ImageSet Images, EvaluationLabels? Labels)
{
    /// <summary>The images at <paramref name="indices"/>, in that order.</summary>
    public LabeledSet Select(IReadOnlyList<int> indices) => new(Images.Select(indices), Labels?.Select(indices));
}
