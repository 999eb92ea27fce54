using CoKe.Errors;
using Microsoft.Extensions.Time.Testing;

namespace CoKe.Grains.Tests.Protocol;

public sealed class RetryTests
{
    int _calls;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 3)]
    public async Task Call_ThatFailsInPassing_IsRepeatedUntilItSucceeds(int failures, int calls)
    {
        Assert.Equal(calls, await Retry.AtOnce(3).CallAsync(() => FailingAsync(failures), IsTimeout, TimeProvider.System));
    }

    [Fact]
    public async Task Call_ThatFailsTooOften_ThrowsWhatFailedLast()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => Retry.AtOnce(3).CallAsync(() => FailingAsync(9), IsTimeout, TimeProvider.System));
        Assert.Equal(3, _calls);
    }

    [Fact]
    public async Task Call_ThatFailsForGood_IsNotRepeated()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => Retry.AtOnce(3).CallAsync(() => FailingAsync(9), _ => false, TimeProvider.System));
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task Pauses_AreHeld_AndEndWhenTheyAreCanceled()
    {
        var time = new FakeTimeProvider();
        using var end = new CancellationTokenSource();
        var call = Retry
            .WithPauses(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3))
            .CallAsync(() => FailingAsync(9), IsTimeout, time, end.Token);
        Assert.Equal(1, _calls);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, _calls);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Call_OnceItIsCanceled_IsNotMade_EvenWithoutPauses()
    {
        using var end = new CancellationTokenSource();
        var call = () =>
            Retry
                .AtOnce(9)
                .CallAsync(
                    () =>
                    {
                        end.Cancel();
                        return FailingAsync(9);
                    },
                    IsTimeout,
                    TimeProvider.System,
                    end.Token
                );
        Assert.Equal(end.Token, (await Assert.ThrowsAsync<OperationCanceledException>(call)).CancellationToken);
        Assert.Equal(1, _calls);
        await Assert.ThrowsAsync<OperationCanceledException>(call);
        Assert.Equal(1, _calls);
    }

    [Fact]
    public void Pauses_AreDoubledUpToTheLongest() =>
        Assert.Equal(
            [1, 2, 4, 7, 7],
            new[] { 0, 1, 2, 3, int.MaxValue }.Select(before =>
                (int)Retry.WithPauses(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(7)).Pause(before).TotalSeconds
            )
        );

    static bool IsTimeout(Exception e) => e is TimeoutException;

    Task<int> FailingAsync(int failures) => ++_calls > failures ? Task.FromResult(_calls) : Task.FromException<int>(new TimeoutException());
}
