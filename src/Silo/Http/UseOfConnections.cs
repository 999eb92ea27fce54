using CoKe.Access.Quotas;

namespace CoKe.Silo.Http;

/// <summary>
/// Counts a connection as proven while it asks for something, and as pending in between: browsers and probes keep connections that they do
/// not use, and those give way to others.
/// </summary>
sealed class UseOfConnections(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (http.Features.Get<ConnectionLease>() is not { } lease)
        {
            await next(http);
            return;
        }

        if (!lease.Prove())
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            http.Response.Headers.Connection = "close";
            await http.Response.WriteAsync("The silo answers as many requests at once as it takes: ask again later.", http.RequestAborted);
            return;
        }

        try
        {
            await next(http);
        }
        finally
        {
            // The answer must be on its way before the connection may give way.
            http.Response.OnCompleted(Rest, lease);
        }
    }

    static Task Rest(object lease)
    {
        ((ConnectionLease)lease).Rest();
        return Task.CompletedTask;
    }
}
