//! Files.

use super::*;

#[tokio::test]
async fn a_file_is_kept_listed_read_and_deleted() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let content = examples("a", 3);
    let (_, file) = server.upload(content.clone(), "fine-tune").await;
    assert_eq!((&file["bytes"], &file["filename"]), (&json!(content.len()), &json!("train.jsonl")));
    let path = format!("/v1/files/{}", text(&file["id"]));
    assert_eq!(server.get(&path).await, file);
    let response = server.client.get(format!("{}{path}/content", server.base)).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), content);
    let deleted = server.send(Method::DELETE, &path, Value::Null).await;
    assert_eq!(deleted, (StatusCode::OK, json!({ "id": file["id"], "object": "file", "deleted": true })));
    for (method, path) in [(Method::GET, &path), (Method::DELETE, &path), (Method::GET, &format!("{path}/content"))] {
        assert_error(server.send(method, path, Value::Null).await, 404, json!("id"), Value::Null);
    }
    assert_eq!(server.get("/v1/files").await["first_id"], "");
}

#[tokio::test]
async fn lists_are_filtered_ordered_and_paged() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let mut ids = Vec::new();
    for (content, purpose) in [("a", "fine-tune"), ("b", "user_data"), ("c", "fine-tune")] {
        ids.push(text(&server.upload(content.to_owned(), purpose).await.1["id"]));
    }
    let listed = async |query: &str| -> Vec<String> {
        let list = server.get(&format!("/v1/files{query}")).await;
        list["data"].as_array().unwrap().iter().map(|file| text(&file["id"])).collect()
    };
    assert_eq!(listed("").await, [ids[2].clone(), ids[1].clone(), ids[0].clone()]);
    assert_eq!(listed("?order=asc").await, ids);
    assert_eq!(listed("?purpose=user_data").await, [ids[1].clone()]);
    assert_eq!(listed(&format!("?limit=1&after={}", ids[2])).await, [ids[1].clone()]);
    assert_eq!(server.get("/v1/files?limit=1").await["has_more"], true);
    for (query, param) in [("limit=0", "limit"), ("limit=x", "limit"), ("after=file-0", "after"), ("order=up", "order")]
    {
        let refused = server.send(Method::GET, &format!("/v1/files?{query}"), Value::Null).await;
        assert_error(refused, 400, json!(param), Value::Null);
    }
}

#[tokio::test]
async fn bad_uploads_are_refused_and_leave_nothing() {
    let folder = folder();
    let server = Running::start_with(folder.path(), 100).await;
    assert_error(server.upload("x".repeat(101), "fine-tune").await, 413, json!("file"), Value::Null);
    assert_error(server.upload("x".to_owned(), "evil").await, 400, json!("purpose"), Value::Null);
    assert_error(server.upload(String::new(), "fine-tune").await, 400, json!("file"), Value::Null);
    let form = Form::new().text("purpose", "fine-tune");
    let response = server.client.post(format!("{}/v1/files", server.base)).multipart(form).send().await.unwrap();
    assert_error((response.status(), response.json().await.unwrap()), 400, json!("file"), Value::Null);
    let not_a_form = server.send(Method::POST, "/v1/files", json!({})).await;
    assert_error(not_a_form, 400, Value::Null, Value::Null);
    assert_eq!(std::fs::read_dir(folder.path().join("files")).unwrap().count(), 0);
    assert_eq!(server.upload("x".repeat(100), "fine-tune").await.0, StatusCode::OK);
}
