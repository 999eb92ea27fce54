using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>What no silo need be asked to refuse.</summary>
public sealed class RunSpecificationTests
{
    [Fact]
    public void Validate_InitialCentersLargerThanAMessage_AreRefused()
    {
        const int K = 70_000,
            Wide = 256;
        var clustering = new ClusteringOptions
        {
            ImageCount = K,
            Dimension = Wide,
            BatchSize = 16,
            Heads = [new HeadOptions { ClusterCount = K }],
        };
        var error = Assert.Throws<InvalidOptionsException>(
            new RunSpecification("x", clustering, 1, [new FloatValues(new float[K * Wide])]).Validate
        );
        Assert.Equal(("initialCenters", $"{4 * K * Wide} bytes"), (error.Field, error.Value));
    }
}
