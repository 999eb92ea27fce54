namespace CoKe.Learning.Images;

/// <summary>The true classes of a set of images. A type of its own, so that a signature shows who reads them: evaluation after training
/// does, training never.</summary>
/// <param name="Classes">One class per image, from 0.</param>
public sealed record EvaluationLabels(int[] Classes)
{
    /// <summary>One more than the largest class.</summary>
    public int ClassCount => Classes.Length == 0 ? 0 : Classes.Max() + 1;

    /// <summary>The share of the most frequent class, 0 to 1: the accuracy of who always names it. There must be an image.</summary>
    public double MostFrequent => (double)Classes.CountBy(label => label).Max(one => one.Value) / Classes.Length;

    /// <summary>The classes of the images at <paramref name="indices"/>, in that order.</summary>
    public EvaluationLabels Select(IReadOnlyList<int> indices) => new([.. indices.Select(i => Classes[i])]);
}
