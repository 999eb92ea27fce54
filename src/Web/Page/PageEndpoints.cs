using CoKe.Web.Guards;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace CoKe.Web.Page;

/// <summary>The page that shows runs live, at the root of every silo's port. It needs nothing from anywhere else.</summary>
static class PageEndpoints
{
    const string Start = "index.html";

    // Nothing but what this silo sends is run, loaded or asked, whatever a run is named.
    const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static void Map(IEndpointRouteBuilder app)
    {
        string[] asked = [HttpMethods.Get, HttpMethods.Head];
        app.MapMethods("/", asked, (HttpContext http) => AnswerAsync(http, Start)).WithMetadata(new OpenToAll()).ExcludeFromDescription();
        foreach (var path in PageFiles.All.Keys)
            app.MapMethods($"/page/{path}", asked, (HttpContext http) => AnswerAsync(http, path))
                .WithMetadata(new OpenToAll())
                .ExcludeFromDescription();
        LoginEndpoints.Map(app);
    }

    static Task AnswerAsync(HttpContext http, string path)
    {
        var file = PageFiles.All[path];
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache"; // it is asked whether the file is still the same: a silo may be replaced by a newer one
        headers.ETag = file.Tag;
        headers.Vary = HeaderNames.AcceptEncoding;
        if (http.Request.GetTypedHeaders().IfNoneMatch.Any(tag => tag.Tag == file.Tag))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        var isPacked = http.Request.GetTypedHeaders().AcceptEncoding.Any(coding => coding.Value == "gzip" && coding.Quality != 0);
        var bytes = isPacked ? file.Packed : file.Bytes;
        if (isPacked)
            headers.ContentEncoding = "gzip";
        http.Response.ContentType = file.Type;
        http.Response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(http.Request.Method)
            ? Task.CompletedTask
            : http.Response.Body.WriteAsync(bytes, http.RequestAborted).AsTask();
    }
}
