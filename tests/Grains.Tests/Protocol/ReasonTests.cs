using CoKe.Abstractions.Storage;
using CoKe.Grains.Sequencing;

namespace CoKe.Grains.Tests.Protocol;

public sealed class ReasonTests
{
    [Theory]
    [InlineData(
        "Unable to connect to S127.0.0.1:1:2. See InnerException\n ---> Refused\n   at Orleans.Somewhere()",
        "Unable to connect to S127.0.0.1:1:2. See InnerException"
    )]
    [InlineData("Away.\r\n   at Orleans.Somewhere()", "Away.")]
    [InlineData("Away.", "Away.")]
    public void Of_AMessageWithAStack_IsItsFirstLine(string message, string reason) =>
        Assert.Equal(reason, Reason.Of(new InvalidOperationException(message)));

    [Fact]
    public void Of_TroubleOfTheStorage_IsWhatTheStorageSays() =>
        Assert.Equal(
            "The disk is full.",
            Reason.Of(new InvalidOperationException("outer", new StorageFailedException("disk", "The disk is full.")))
        );
}
