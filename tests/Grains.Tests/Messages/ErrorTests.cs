using CoKe.Abstractions.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace CoKe.Grains.Tests.Messages;

public sealed class ErrorTests
{
    /// <summary>Orleans cuts placements short by another library, whose error lies in its own: a caller heard that this one cannot be sent,
    /// and gave up.</summary>
    [Fact]
    public void PlacementThatTookTooLong_TravelsAsWhatItIs()
    {
        var serializer = new ServiceCollection()
            .AddSerializer()
            .AddCokeExceptions()
            .BuildServiceProvider()
            .GetRequiredService<Serializer>();
        var cut = (Exception)
            Activator.CreateInstance(
                Type.GetType("Polly.Timeout.TimeoutRejectedException, Polly.Core", throwOnError: true)!,
                "It took too long."
            )!;

        var heard = serializer.Deserialize<Exception>(
            serializer.SerializeToArray<Exception>(new TimeoutException("Grain placement timed out.", cut))
        );

        Assert.IsType<TimeoutException>(heard);
        Assert.Equal(("Grain placement timed out.", "It took too long."), (heard.Message, heard.InnerException!.Message));
    }
}
