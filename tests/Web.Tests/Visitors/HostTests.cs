using CoKe.Web.Guards;
using CoKe.Web.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace CoKe.Web.Tests.Visitors;

/// <summary>A silo that starts or stops says so, and does not fail at what it is asked.</summary>
public sealed class HostTests
{
    [Theory]
    [InlineData(false, false, "starting")]
    [InlineData(true, true, "stopping")]
    [InlineData(true, false, null)]
    public async Task Requests_BeforeTheStartAndAfterTheStop_AreToldToAskAgain(bool started, bool stopping, string? state)
    {
        var passed = false;
        var check = new HostCheck(
            _ =>
            {
                passed = true;
                return Task.CompletedTask;
            },
            new Life(new CancellationToken(started), new CancellationToken(stopping))
        );
        var error = await Record.ExceptionAsync(async () => await check.InvokeAsync(new DefaultHttpContext()));
        Assert.Equal(state is null, passed);
        if (state is null)
            return;
        var problem = ProblemOf.Of(error!)!;
        Assert.Equal((503, $"The silo is {state}: ask again, or another silo."), (problem.Status, problem.Detail));
    }

    sealed record Life(CancellationToken ApplicationStarted, CancellationToken ApplicationStopping) : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStopped => default;

        public void StopApplication() { }
    }
}
