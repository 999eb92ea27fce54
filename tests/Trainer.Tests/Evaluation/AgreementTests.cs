using CoKe.Learning.Evaluation;
using CsCheck;

namespace CoKe.Trainer.Tests.Evaluation;

public sealed class AgreementTests
{
    static readonly Gen<int[]> Labels = Gen.Int[0, 5].Array[40];

    public static readonly TheoryData<int[], int[], double, double, double> FromScikitLearn = new()
    {
        // Computed by scikit-learn's normalized_mutual_info_score and adjusted_rand_score and scipy's linear_sum_assignment.
        { [0, 0, 0, 1, 1, 1, 2, 2, 2, 2], [1, 1, 0, 0, 0, 2, 2, 2, 2, 1], 0.7, 0.4427012833460501, 0.20454545454545456 },
        {
            [3, 0, 1, 2, 3, 3, 3, 3, 0, 1, 2, 3, 0, 1, 2, 2, 2, 0, 3, 2, 0, 0, 3, 3, 0, 0, 3, 3, 2, 2],
            [3, 4, 4, 5, 0, 0, 5, 0, 3, 5, 0, 2, 0, 1, 4, 1, 3, 3, 0, 3, 0, 1, 0, 0, 5, 4, 4, 4, 2, 1],
            0.36666666666666664,
            0.15788593588618816,
            0.021538177112220374
        },
        { [0, 0, 1, 1], [1, 1, 0, 0], 1, 1, 1 },
        { [0, 0, 0, 0], [0, 1, 2, 3], 0.25, 0, 0 },
        { [0, 0, 0], [0, 0, 0], 1, 1, 1 },
    };

    [Theory]
    [MemberData(nameof(FromScikitLearn))]
    public void Scores_SmallLabelings_EqualScikitLearn(int[] classes, int[] clusters, double accuracy, double nmi, double ari)
    {
        var agreement = new Agreement(classes, clusters);

        Assert.Equal(accuracy, agreement.Accuracy(), 12);
        Assert.Equal(nmi, agreement.NormalizedMutualInformation(), 12);
        Assert.Equal(ari, agreement.AdjustedRandIndex(), 12);
    }

    [Fact]
    public void Scores_SwappedLabelings_AreTheSame() =>
        Gen.Select(Labels, Labels)
            .Sample(
                (a, b) =>
                {
                    var (there, back) = (new Agreement(a, b), new Agreement(b, a));
                    return Math.Abs(there.NormalizedMutualInformation() - back.NormalizedMutualInformation()) < 1e-12
                        && Math.Abs(there.AdjustedRandIndex() - back.AdjustedRandIndex()) < 1e-12
                        && there.Accuracy() == back.Accuracy();
                }
            );

    [Fact]
    public void Scores_RenamedLabels_AreOne() =>
        Gen.Select(Labels, Gen.Shuffle(new[] { 0, 1, 2, 3, 4, 5 }))
            .Sample(
                (labels, names) =>
                {
                    var agreement = new Agreement(labels, [.. labels.Select(l => names[l])]);
                    return agreement.Accuracy() == 1
                        && Math.Abs(agreement.NormalizedMutualInformation() - 1) < 1e-12
                        && agreement.AdjustedRandIndex() == 1;
                }
            );

    [Fact]
    public void Constructor_DifferentLengths_AreRefused() => Assert.Throws<ArgumentException>(() => new Agreement([0, 1], [0]));
}
